// Life: when a person was born and died, as far as the source says; and whether an event can have happened to them.
#pragma once

#include "formats/exchange/reader.h"
#include "formats/record/event.h"

namespace chartline::exchange {

struct Life {
  record::Time birth;  // precision none: not known, or still alive
  record::Time death;
};

// At the precision known, wholly before the day of birth, or after that of death: what is charted on the day itself is possible,
// as it is to the store, which counts the same.
bool is_before_birth(const Life& life, const record::Time& start);
bool is_after_death(const Life& life, const record::Time& start);

void check_against(const Life& life, const record::Event& event, Quality& quality);  // tells of either

}  // namespace chartline::exchange
