// Life: when a person was born and died, as far as the source says; and whether an event can have happened to them.
#pragma once

#include "formats/exchange/reader.h"
#include "formats/record/event.h"

namespace chartline::exchange {

struct Life {
  record::Time birth;  // precision none: not known, or still alive
  record::Time death;
};

// Tells the quality report of an event that, at the precision known, lies wholly before the birth or after the death.
void check_against(const Life& life, const record::Event& event, Quality& quality);

}  // namespace chartline::exchange
