#include "cli/progress.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/text.h"

namespace chartline::cli {
namespace {

using std::chrono::duration;
using std::chrono::milliseconds;

constexpr auto quiet_time = milliseconds(500);  // shorter work needs no bar
constexpr auto redraw_time = milliseconds(100);
constexpr std::size_t bar_width = 24;

std::string amount(std::uint64_t n, Unit unit) {
  switch (unit) {
    case Unit::bytes: return human_bytes(n);
    case Unit::records: return grouped(n) + (n == 1 ? " record" : " records");
    case Unit::patients: return grouped(n) + (n == 1 ? " patient" : " patients");
    case Unit::steps: return grouped(n);
  }
  return {};
}

std::string bar(double share, const Look& look) {
  const auto full = static_cast<std::size_t>(share * bar_width);
  std::string done, rest;
  for (std::size_t i = 0; i < bar_width; ++i)
    (i < full ? done : rest) += look.utf8 ? (i < full ? "\u2588" : "\u2591") : (i < full ? "#" : ".");
  return paint(done, Ink::green, look) + paint(rest, Ink::dim, look);
}

}  // namespace

std::string progress_line(const ProgressState& state, const Look& look) {
  std::string line = paint(state.label, Ink::bold, look);
  std::size_t width = display_width(state.label);
  const auto add = [&](const std::string& text) {
    if (width + 2 + display_width(text) >= look.width) return;
    width += 2 + display_width(text);
    line += "  " + text;
  };
  const double rate = state.seconds > 0 ? static_cast<double>(state.done) / state.seconds : 0;
  const bool known = state.of > 0;
  if (known) {
    const double share = std::min(1.0, static_cast<double>(state.done) / static_cast<double>(state.of));
    if (width + 2 + bar_width < look.width) line += "  " + bar(share, look), width += 2 + bar_width;
    add(fmt::format("{:3.0f} %", share * 100));
  }
  if (state.unit != Unit::steps) {
    add(known ? amount(state.done, state.unit) + " of " + amount(state.of, state.unit) : amount(state.done, state.unit));
    if (rate > 0) add(amount(static_cast<std::uint64_t>(rate), state.unit) + "/s");
  }
  if (known && rate > 0 && state.done < state.of)
    add(human_seconds(static_cast<double>(state.of - state.done) / rate) + " left");
  else add(human_seconds(state.seconds));
  return line;
}

Progress::Progress(Console& console, std::string_view label, Unit unit)
    : console_(console), label_(label), unit_(unit) {}

Progress::~Progress() { console_.status(""); }

void Progress::update(std::uint64_t done, std::uint64_t of) {
  if (!console_.err().terminal || console_.quiet()) return;
  const std::lock_guard lock(mutex_);
  const auto now = Clock::now();
  if (now - start_ < quiet_time || now - drawn_ < redraw_time) return;
  drawn_ = now;
  console_.status(progress_line({label_, unit_, done, of, duration<double>(now - start_).count()}, console_.err()));
}

}  // namespace chartline::cli
