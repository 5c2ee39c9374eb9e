#include "query/complaint.h"

#include <algorithm>
#include <utility>

namespace chartline::query {
namespace {

constexpr std::size_t word_bytes_max = 64;

bool continues_character(char c) { return (static_cast<unsigned char>(c) & 0xC0u) == 0x80; }

std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return !continues_character(c); }));
}

// The byte at which the n-th character begins, or the end.
std::size_t byte_of_character(std::string_view text, std::size_t n) {
  std::size_t at = 0;
  while (at < text.size() && (continues_character(text[at]) || n-- > 0)) ++at;
  return at;
}

std::string printable(std::string_view line) {
  std::string shown(line);
  for (char& c : shown) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
  }
  return shown;
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// The edits between two words, a swap of neighbours being one (optimal string alignment).
std::size_t edits(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before_last(b.size() + 1), last(b.size() + 1), now(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    now[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const bool equal = lower(a[i - 1]) == lower(b[j - 1]);
      now[j] = std::min({last[j] + 1, now[j - 1] + 1, last[j - 1] + (equal ? 0 : 1)});
      const bool swapped = i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) && lower(a[i - 2]) == lower(b[j - 1]);
      if (swapped) now[j] = std::min(now[j], before_last[j - 2] + 1);
    }
    std::swap(before_last, last);
    std::swap(last, now);
  }
  return last[b.size()];
}

std::string hints(const Complaint& complaint) {
  std::string out;
  if (!complaint.expected.empty()) out += "  expected: " + complaint.expected + "\n";
  if (!complaint.suggestion.empty()) out += "  did you mean `" + complaint.suggestion + "`?\n";
  return out;
}

}  // namespace

void Complaints::add(Complaint complaint) {
  if (list_.size() < max) {
    list_.push_back(std::move(complaint));
  } else if (list_.size() == max) {
    list_.push_back(
        {.span = complaint.span, .message = "there are more complaints than are shown", .expected = "", .suggestion = ""});
  }
}

std::vector<Complaint> Complaints::sorted() && {
  std::stable_sort(list_.begin(), list_.end(),
                   [](const Complaint& a, const Complaint& b) { return a.span.begin < b.span.begin; });
  return std::move(list_);
}

Place place_of(std::string_view text, std::uint32_t byte) {
  const std::string_view before = text.substr(0, std::min<std::size_t>(byte, text.size()));
  const std::size_t line_begin = before.rfind('\n') + 1;  // 0 where there is none
  return {.line = 1 + static_cast<std::uint32_t>(std::count(before.begin(), before.end(), '\n')),
          .column = 1 + static_cast<std::uint32_t>(characters(before.substr(line_begin)))};
}

std::string render(const Complaint& complaint, std::string_view text, std::size_t line_characters) {
  if (is_nowhere(complaint.span)) return complaint.message + "\n" + hints(complaint);
  const std::size_t begin = std::min<std::size_t>(complaint.span.begin, text.size());
  const Place place = place_of(text, complaint.span.begin);
  const std::size_t line_begin = text.substr(0, begin).rfind('\n') + 1;
  const std::string_view line = text.substr(line_begin, std::min(text.find('\n', begin), text.size()) - line_begin);

  const std::size_t column = place.column - 1;
  const std::size_t skipped = column < line_characters ? 0 : column - line_characters / 2;
  const std::string_view rest = line.substr(byte_of_character(line, skipped));
  const std::string_view shown = rest.substr(0, byte_of_character(rest, line_characters));
  const std::size_t end = std::clamp<std::size_t>(complaint.span.end, begin, line_begin + line.size());
  const std::size_t room = line_characters - (column - skipped);
  const std::size_t carets = std::clamp<std::size_t>(characters(text.substr(begin, end - begin)), 1, room);

  std::string out = std::to_string(place.line) + ":" + std::to_string(place.column) + ": " + complaint.message + "\n";
  out += "  " + printable(shown) + "\n";
  return out + "  " + std::string(column - skipped, ' ') + std::string(carets, '^') + "\n" + hints(complaint);
}

std::string render(std::span<const Complaint> complaints, std::string_view text) {
  std::string out;
  for (const Complaint& complaint : complaints) out += render(complaint, text);
  return out;
}

std::string_view nearest(std::string_view word, std::span<const std::string_view> known) {
  if (word.size() > word_bytes_max) return {};
  std::string_view best;
  std::size_t best_edits = std::max<std::size_t>(1, word.size() / 3) + 1;
  for (const std::string_view candidate : known) {
    if (candidate.size() > word_bytes_max) continue;
    const std::size_t count = edits(word, candidate);
    if (count < best_edits && count < candidate.size()) {
      best = candidate;
      best_edits = count;
    }
  }
  return best;
}

}  // namespace chartline::query
