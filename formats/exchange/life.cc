#include "formats/exchange/life.h"

namespace chartline::exchange {
namespace {

record::Interval days_of(const record::Time& time) {
  return record::interval(time.precision > record::Precision::day ? record::day_time(time.day(), time.offset_minutes)
                                                                  : time);
}

}  // namespace

bool is_before_birth(const Life& life, const record::Time& start) {
  return life.birth.known() && start.known() && record::interval(start).past <= days_of(life.birth).first;
}

bool is_after_death(const Life& life, const record::Time& start) {
  return life.death.known() && start.known() && record::interval(start).first >= days_of(life.death).past;
}

void check_against(const Life& life, const record::Event& event, Quality& quality) {
  if (is_before_birth(life, event.start)) quality.impossible("before_birth");
  if (is_after_death(life, event.start)) quality.impossible("after_death");
}

}  // namespace chartline::exchange
