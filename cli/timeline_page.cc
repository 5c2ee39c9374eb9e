// 1. Group: an encounter takes along every event shown that names it, in order; what names none stands by itself.
// 2. Make a line of each event: its cells as text.
// 3. Measure the columns over all lines, and give the name what the width leaves.
// 4. Print: the head, the lines with a blank line around each group, the summary.
#include "cli/timeline_page.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "cli/page_cells.h"
#include "cli/text.h"

namespace chartline::cli {
namespace {

using record::Event;
using record::Kind;

constexpr std::size_t name_width_least = 24, name_width_most = 64;
constexpr std::size_t words_width_most = 32, code_width_most = 32, source_width_most = 20;

struct Line {
  std::string date, time, kind, name, whole, fraction, unit, words, trend, note, code, source;
  bool inside = false;  // of an encounter
  bool starts_group = false;
  bool ends_group = false;
  bool is_encounter = false;
};

// Which events stand inside which encounter.
class Groups {
 public:
  explicit Groups(std::span<const Event> events) : members_(events.size()), inside_(events.size()) {
    std::map<std::pair<std::string_view, std::string_view>, std::size_t> encounters;
    for (std::size_t i = 0; i < events.size(); ++i)
      if (events[i].kind == Kind::encounter && !events[i].record.empty())
        encounters.emplace(std::pair(events[i].source.organisation, events[i].record), i);
    for (std::size_t i = 0; i < events.size(); ++i) {
      if (events[i].kind == Kind::encounter || events[i].kind == Kind::patient || events[i].encounter.empty()) continue;
      const auto found = encounters.find({events[i].source.organisation, events[i].encounter});
      if (found == encounters.end()) continue;
      members_[found->second].push_back(i);
      inside_[i] = true;
    }
  }
  const std::vector<std::size_t>& members(std::size_t encounter) const { return members_[encounter]; }
  bool inside(std::size_t event) const { return inside_[event]; }

 private:
  std::vector<std::vector<std::size_t>> members_;
  std::vector<bool> inside_;
};

class Page {
 public:
  Page(std::span<const Event> events, const PageOptions& options)
      : events_(events), look_(options.look), options_(options), trends_(events, options.earlier_numbers, look_) {}

  std::string print(const Person& person) {
    lay_out();
    measure();
    std::string out = page_head(person, options_.now, look_);
    if (!lines_.empty()) out += "\n";
    for (std::size_t i = 0; i < lines_.size(); ++i) {
      const bool apart = i > 0 && (lines_[i].starts_group || lines_[i - 1].ends_group);
      if (apart) out += "\n";
      out += line_text(lines_[i]);
    }
    return out + "\n" + summary();
  }

 private:
  void lay_out() {
    const Groups groups(events_);
    for (std::size_t i = 0; i < events_.size(); ++i) {
      if (events_[i].kind == Kind::patient || groups.inside(i)) continue;
      const bool is_group = events_[i].kind == Kind::encounter;
      if (is_group) date_.clear();  // each group begins with its date
      add(i, false);
      lines_.back().starts_group = is_group;
      for (const std::size_t member : groups.members(i)) add(member, true);
      lines_.back().ends_group = is_group;
    }
  }

  void add(std::size_t i, bool inside) {
    const Event& event = events_[i];
    Line line;
    line.inside = inside;
    line.is_encounter = event.kind == Kind::encounter;
    const std::string date = date_text(event.start);
    if (date != date_) line.date = date, date_ = date;
    line.time = time_text(event.start);
    line.kind = std::string(record::name(event.kind));
    std::replace(line.kind.begin(), line.kind.end(), '_', ' ');
    line.name = name_text(event.code, look_);
    const ValueText value = value_text(event.value, look_);
    line.whole = value.whole, line.fraction = value.fraction, line.unit = value.unit;
    line.words = fit(value.words, words_width_most, look_.utf8);
    line.trend = trends_.of(i);
    line.note = note_text(event, look_);
    line.code = fit(code_note(event.code, look_), code_width_most, look_.utf8);
    line.source = fit(printable(event.source.organisation, look_.utf8), source_width_most, look_.utf8);
    lines_.push_back(std::move(line));
  }

  void measure() {
    const auto widen = [](std::size_t& width, std::string_view text) { width = std::max(width, display_width(text)); };
    for (const Line& line : lines_) {
      widen(widths_.date, line.date), widen(widths_.time, line.time), widen(widths_.name, indent(line) + line.name);
      widen(widths_.kind, line.kind), widen(widths_.whole, line.whole), widen(widths_.fraction, line.fraction),
          widen(widths_.trend, line.trend);
      widen(widths_.note, line.note), widen(widths_.code, line.code), widen(widths_.source, line.source);
    }
    for (const Line& line : lines_) widen(widths_.value, value_of(line));
    // Where it gets narrow, the source goes if there is only one (the summary names it), and then the codes.
    const bool one_source = std::all_of(lines_.begin(), lines_.end(),
                                        [&](const Line& line) { return line.source == lines_.front().source; });
    if (left_for_name() < name_width_least && one_source) widths_.source = 0;
    if (left_for_name() < name_width_least) widths_.code = 0;
    widths_.name = std::min(widths_.name, std::clamp(left_for_name(), name_width_least, name_width_most));
  }

  std::size_t left_for_name() const {
    std::size_t others = 0;
    for (const std::size_t width : {widths_.date, widths_.time, widths_.kind, widths_.value, widths_.trend,
                                    widths_.note, widths_.code, widths_.source})
      if (width > 0) others += width + 2;
    return look_.width > others ? look_.width - others : 0;
  }

  // Points stand below each other.
  std::string value_of(const Line& line) const {
    if (line.whole.empty()) return line.words;
    const std::string number = pad_left(line.whole, widths_.whole) + line.fraction;
    return line.unit.empty() ? number : pad_right(number, widths_.whole + widths_.fraction) + " " + line.unit;
  }

  static std::string indent(const Line& line) { return line.inside ? "  " : ""; }

  std::string line_text(const Line& line) const {
    std::string out;
    std::size_t pending = 0;  // blanks before the next cell that has text, so that no line ends in blanks
    const auto cell = [&](const std::string& text, std::size_t width, Ink ink) {
      if (width == 0) return;
      const std::size_t has = display_width(text);
      if (has > 0) {
        out.append(pending, ' ').append(paint(text, ink, look_));
        pending = 0;
      }
      pending += width - std::min(width, has) + 2;
    };
    const std::string name = fit(indent(line) + line.name, widths_.name, look_.utf8);
    cell(line.date, widths_.date, Ink::bold);
    cell(line.time, widths_.time, Ink::plain);
    cell(line.kind, widths_.kind, line.is_encounter ? Ink::blue : Ink::cyan);
    cell(name, widths_.name, line.is_encounter ? Ink::bold : Ink::plain);
    cell(value_of(line), widths_.value, Ink::plain);
    cell(line.trend, widths_.trend, Ink::yellow);
    cell(line.note, widths_.note, Ink::plain);
    cell(line.code, widths_.code, Ink::dim);
    cell(line.source, widths_.source, Ink::dim);
    return out + "\n";
  }

  std::string summary() const {
    std::size_t shown = 0, encounters = 0;
    const Event *first = nullptr, *last = nullptr;
    std::vector<std::string> sources;
    for (const Event& event : events_) {
      const std::string source = printable(event.source.organisation, look_.utf8);
      if (std::find(sources.begin(), sources.end(), source) == sources.end()) sources.push_back(source);
      if (event.kind == Kind::patient) continue;
      ++shown;
      encounters += event.kind == Kind::encounter ? 1 : 0;
      if (!event.start.known()) continue;
      if (first == nullptr) first = &event;
      last = &event;
    }
    std::string out = shown == 0 ? "no events" : shown == 1 ? "1 event" : grouped(shown) + " events";
    if (first != nullptr) out += ", " + date_text(first->start);
    if (last != nullptr && date_text(last->start) != date_text(first->start))
      out += (look_.utf8 ? " \u2013 " : " to ") + date_text(last->start);
    if (encounters > 0) out += fmt::format(", {} encounter{}", grouped(encounters), encounters == 1 ? "" : "s");
    if (!sources.empty()) out += ", from ";
    for (std::size_t i = 0; i < sources.size(); ++i) out.append(i == 0 ? "" : " and ").append(sources[i]);
    if (options_.earlier > 0) out += fmt::format(" ({} earlier not shown)", grouped(options_.earlier));
    return paint(out, Ink::bold, look_) + "\n";
  }

  struct Widths {
    std::size_t date = 0, time = 0, kind = 0, name = 0, whole = 0, fraction = 0, value = 0, trend = 0, note = 0,
                code = 0, source = 0;
  };
  const std::span<const Event> events_;
  const Look& look_;
  const PageOptions& options_;
  Trends trends_;
  std::string date_;  // last one printed
  std::vector<Line> lines_;
  Widths widths_;
};

}  // namespace

std::string timeline_page(const Person& person, std::span<const Event> events, const PageOptions& options) {
  return Page(events, options).print(person);
}

}  // namespace chartline::cli
