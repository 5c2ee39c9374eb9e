#include "cli/page_cells.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <optional>
#include <tuple>
#include <utility>

#include "cli/text.h"
#include "query/calendar.h"
#include "query/when.h"

namespace chartline::cli {
namespace {

using record::Decimal;
using record::Event;
using record::Precision;
using record::Status;
using record::Time;
using record::Value;

// What goes without saying.
bool is_ordinary(Status status) {
  switch (status) {
    case Status::none:
    case Status::unknown:
    case Status::final:
    case Status::active:
    case Status::finished:
    case Status::completed: return true;
    default: return false;
  }
}

// Exactly where both fit one scale, else to the nearest double.
Decimal difference(const Decimal& a, const Decimal& b) {
  constexpr int digits_most = 17;
  if (a.is_exact() && b.is_exact() && std::abs(a.scale - b.scale) <= digits_most) {
    __int128 left = a.mantissa, right = b.mantissa;
    for (int s = a.scale; s < b.scale; ++s) left *= 10;
    for (int s = b.scale; s < a.scale; ++s) right *= 10;
    const __int128 diff = left - right;
    constexpr std::int64_t exact = 999'999'999'999'999'999;
    if (diff <= exact && diff >= -exact)
      return record::decimal(static_cast<std::int64_t>(diff), std::max(a.scale, b.scale));
  }
  const double diff = a.to_double() - b.to_double();
  return record::decimal(std::isfinite(diff) ? diff : 0.0);
}

std::string trend_text(const Decimal& now, const Decimal& before, const Look& look) {
  const auto order = record::compare(now, before);
  if (order == 0) return "=";
  const bool up = order > 0;
  const std::string by = rounded(up ? difference(now, before) : difference(before, now));
  return (look.utf8 ? (up ? "\u2191 " : "\u2193 ") : (up ? "+" : "-")) + by;
}

// The last part of a URI tells enough beside the code; others are short.
std::string_view short_system(std::string_view system) {
  const bool is_uri = system.find("://") != std::string_view::npos;
  while (is_uri && system.ends_with('/')) system.remove_suffix(1);
  return is_uri ? system.substr(system.rfind('/') + 1) : system;
}

// "71"; "71 or 72" where a date is not known to the day; nothing before the birth.
std::string age_text(std::string_view before, const Time& birth, const Time& at) {
  const query::DayExtent born = query::day_extent(birth), on = query::day_extent(at);
  if (on.last < born.first) return {};
  const auto years = [](record::Day from, record::Day to) {
    return to < from ? 0 : query::whole_years(from, to, query::MonthEnd::roll);
  };
  const auto least = years(born.last, on.first), most = years(born.first, on.last);
  if (least == most) return fmt::format("{}aged {}", before, least);
  return fmt::format("{}aged {} {} {}", before, least, most == least + 1 ? "or" : "to", most);
}

}  // namespace

std::string date_text(const Time& time) { return time.known() ? record::print(time).substr(0, 10) : "no date"; }

std::string time_text(const Time& time) {
  return time.precision >= Precision::second ? record::print(time).substr(11, 5) : "";
}

std::string name_text(const record::Code& code, const Look& look) {
  return printable(code.display.empty() ? code.code : code.display, look.utf8);
}

std::string code_note(const record::Code& code, const Look& look) {
  if (code.empty()) return {};
  return printable(std::string(short_system(code.system)).append(":").append(code.code), look.utf8);
}

std::string rounded(const Decimal& number) {
  constexpr int digits = 3;
  constexpr double too_large = 1e15;  // doubles have no digits behind the point there
  const double v = number.to_double();
  if ((number.is_exact() && number.scale <= digits) || std::abs(v) >= too_large) return record::print(number);
  if (std::abs(v) < 1) return fmt::format("{:.{}g}", v, digits);
  std::string text = fmt::format("{:.{}f}", v, digits);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.pop_back();
  return text;
}

ValueText value_text(const Value& value, const Look& look) {
  ValueText text;
  switch (value.form) {
    case Value::Form::none: break;
    case Value::Form::number: {
      const std::string number = rounded(value.number);
      const auto point = std::min(number.find('.'), number.size());
      text.whole = std::string(record::name(value.comparator)) + number.substr(0, point);
      text.fraction = number.substr(point);
      text.unit = printable(value.unit, look.utf8);
      break;
    }
    case Value::Form::code: text.words = name_text(value.code, look); break;
    case Value::Form::text: text.words = printable(value.text, look.utf8); break;
    case Value::Form::boolean: text.words = value.boolean ? "yes" : "no"; break;
    case Value::Form::date: text.words = record::print(value.date); break;
  }
  return text;
}

std::string note_text(const Event& event, const Look& look) {
  const std::string arrow = look.utf8 ? "\u2192 " : "-> ";
  std::string note;
  const auto add = [&](const std::string& text) { note.append(note.empty() ? "" : ", ").append(text); };
  switch (event.end.form) {
    case record::End::Form::point: break;
    case record::End::Form::at: {
      const bool same_day =
          date_text(event.end.at) == date_text(event.start) && event.end.at.precision >= Precision::second;
      if (event.end.at != event.start) add(arrow + (same_day ? time_text(event.end.at) : date_text(event.end.at)));
      break;
    }
    case record::End::Form::ongoing: add("ongoing"); break;
    case record::End::Form::unknown: add(arrow + "?"); break;
  }
  if (!is_ordinary(event.status)) add(std::string(record::name(event.status)));
  if (event.certainty != record::Certainty::none && event.certainty != record::Certainty::confirmed)
    add(std::string(record::name(event.certainty)));
  if (event.author == record::Author::patient || event.author == record::Author::carer)
    add("said by " + std::string(record::name(event.author)));
  return note;
}

Trends::Trends(std::span<const Event> events, std::span<const Event> earlier, const Look& look)
    : texts_(events.size()) {
  std::map<std::tuple<std::string_view, std::string_view, std::string_view>, Decimal> last;
  const auto before = [&](const Event& event) -> std::optional<Decimal> {
    if (event.value.form != Value::Form::number || event.value.comparator != record::Comparator::equal ||
        event.code.empty() || !event.start.known())
      return std::nullopt;
    const auto [at, is_first] =
        last.try_emplace({event.code.system, event.code.code, event.value.unit}, event.value.number);
    return is_first ? std::nullopt : std::optional(std::exchange(at->second, event.value.number));
  };
  for (const Event& event : earlier) before(event);
  for (std::size_t i = 0; i < events.size(); ++i)
    if (const auto number = before(events[i])) texts_[i] = trend_text(events[i].value.number, *number, look);
}

std::string page_head(const Person& person, Micros now, const Look& look) {
  std::string who = paint(person.name.empty() ? "name not known" : printable(person.name, look.utf8), Ink::bold, look);
  if (!person.sex.empty()) who += ", " + printable(person.sex, look.utf8);
  if (person.birth.known()) who += ", born " + date_text(person.birth);
  if (person.death.known()) {
    who += ", died " + date_text(person.death);
    if (person.birth.known()) who += age_text(" ", person.birth, person.death);
  } else if (person.dead) {
    who += ", died";
  } else if (person.birth.known()) {
    who += age_text(", ", person.birth, record::at_instant(now));
  }
  who += "\n";
  std::size_t width = 0;
  for (const auto& identifier : person.identifiers)
    width = std::max(width, display_width(printable(identifier.system, look.utf8)));
  for (const auto& identifier : person.identifiers) {
    who += "  " + paint(pad_right(printable(identifier.system, look.utf8), width), Ink::dim, look) + "  " +
           printable(identifier.value, look.utf8) + "\n";
  }
  return who;
}

}  // namespace chartline::cli
