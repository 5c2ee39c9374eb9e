#include "formats/exchange/life.h"

namespace chartline::exchange {

void check_against(const Life& life, const record::Event& event, Quality& quality) {
  if (!event.start.known()) return;
  const record::Interval when = record::interval(event.start);
  if (life.birth.known() && when.past <= record::interval(life.birth).first) quality.impossible("before_birth");
  if (life.death.known() && when.first >= record::interval(life.death).past) quality.impossible("after_death");
}

}  // namespace chartline::exchange
