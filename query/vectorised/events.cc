#include "query/vectorised/events.h"

namespace chartline::query::vectorised {

void Events::clear() {
  place.clear(), begin.clear(), day.clear(), precision.clear(), at.clear(), second.clear(), offset.clear(),
      number.clear(), value.clear(), form.clear(), comparator.clear(), unit.clear(), kind.clear(), code.clear(),
      source.clear(), author.clear(), status.clear(), certainty.clear(), end.clear();
}

void Events::take(const Events& from, std::size_t i) {
  place.push_back(from.place[i]);
  if (fields & field_day) day.push_back(from.day[i]), precision.push_back(from.precision[i]);
  if (fields & field_time) {
    at.push_back(from.at[i]), second.push_back(from.second[i]), offset.push_back(from.offset[i]);
  }
  if (fields & field_number) number.push_back(from.number[i]);
  if (fields & field_value) {
    value.push_back(from.value[i]), form.push_back(from.form[i]);
    comparator.push_back(from.comparator[i]), unit.push_back(from.unit[i]);
  }
  if (fields & field_kind) kind.push_back(from.kind[i]);
  if (fields & (field_code | field_primary)) code.push_back(from.code[i]);
  if (fields & field_source) source.push_back(from.source[i]);
  if (fields & field_author) author.push_back(from.author[i]);
  if (fields & field_status) status.push_back(from.status[i]);
  if (fields & field_certainty) certainty.push_back(from.certainty[i]);
  if (fields & field_end) end.push_back(from.end[i]);
}

void Events::reorder(std::size_t first, std::span<const std::uint32_t> order) {
  const auto each = [&](auto& column) {
    if (column.empty()) return;
    const std::vector before(column.begin() + static_cast<std::ptrdiff_t>(first), column.end());
    for (std::size_t i = 0; i < order.size(); ++i) column[first + i] = before[order[i]];
  };
  each(place), each(day), each(precision), each(at), each(second), each(offset), each(number);
  each(value), each(form), each(comparator), each(unit), each(kind), each(code), each(source), each(author),
      each(status), each(certainty);
  each(end);
}

}  // namespace chartline::query::vectorised
