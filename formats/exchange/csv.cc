// 1. Keep a buffer that holds the whole current row: what is left of the last chunk moves to its front, the next is read behind it.
// 2. Walk separators and line ends by a bit mask of 64 bytes at a time; a field that opens with a quote is walked by memchr.
// 3. If the buffer ends inside the row, read on and split the row anew: at most once per chunk.
// Text that is known to be whole lines without a quote is walked where it stands, and asked for nothing else.
#include "formats/exchange/csv.h"

#include <algorithm>
#include <cstring>
#include <unordered_set>

#include "base/utf8.h"
#include "formats/exchange/cell.h"
#include "formats/exchange/structural.h"

namespace chartline::exchange {
namespace {

constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";

bool same_name(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return lower(x) == lower(y); });
}

std::string_view without_return(const char* begin, const char* end) {
  if (end != begin && end[-1] == '\r') --end;
  return {begin, static_cast<std::size_t>(end - begin)};
}

}  // namespace

std::string_view rule(RowFault fault) {
  switch (fault) {
    case RowFault::none: return "";
    case RowFault::ragged: return "ragged_row";
    case RowFault::bad_quote: return "bad_quote";
    case RowFault::too_long: return "row_too_long";
    case RowFault::bad_utf8: return "bad_utf8";
  }
  return "";
}

std::string_view reason(RowFault fault) {
  switch (fault) {
    case RowFault::none: return "";
    case RowFault::ragged: return "the row has more or fewer fields than the header";
    case RowFault::bad_quote: return "a quote is not closed, or text follows the closing quote";
    case RowFault::too_long: return "the row is longer than 16 MiB";
    case RowFault::bad_utf8: return "the row holds bytes that are not UTF-8";
  }
  return "";
}

struct Csv::Parts {
  enum class Split : std::uint8_t { complete, needs_more, unclosed };

  // Where bytes come from: an input's chunks, or a plain file from `file_at` on.
  Input* stream = nullptr;
  const Input* file = nullptr;
  std::uint64_t file_at = 0;
  std::uint64_t stop = ~std::uint64_t{0};  // rows from here on belong to the next part
  char separator = ',';

  std::vector<std::string> header;

  std::vector<char> buffer;
  const char* text = nullptr;  // the buffer's, or lines that are in memory
  bool is_lines = false, is_ascii = false;
  std::size_t row_begin = 0;  // in the text
  std::size_t row_past = 0;   // behind its line end
  std::size_t filled = 0;
  std::uint64_t buffer_offset = 0;  // of text[0] in the input
  bool at_end = false;              // the input has nothing more
  StructuralCursor cursor;

  std::vector<std::string_view> fields;
  std::vector<std::size_t> escaped;  // fields with doubled quotes, still to be undone
  std::string unescaped;
  std::string_view raw;
  RowFault fault = RowFault::none;
  std::uint64_t line = 0;
  std::uint64_t lines = 1;  // of the row
  bool quoted = false;

  Result<void> refill();
  Result<bool> next();
  Split split();
  void split_line();
  const char* quoted_field(const char* open, Split& outcome);
  void finish_row(const char* row_end);
  void take_one_line(const char* line_end);
  Result<void> skip_line();

  const char* at(std::size_t index) const { return text + index; }
  bool blank() const { return fields.size() == 1 && raw.empty() && header.size() != 1; }
};

// Moves the current row to the front and reads more behind it.
Result<void> Csv::Parts::refill() {
  const std::size_t kept = filled - row_begin;
  if (kept > 0) std::memmove(buffer.data(), at(row_begin), kept);
  buffer_offset += row_begin;
  filled = kept;
  row_begin = row_past = 0;
  const auto make_room = [&](std::size_t bytes) {
    if (buffer.size() < filled + bytes + StructuralCursor::reads_past)
      buffer.resize(2 * (filled + bytes) + StructuralCursor::reads_past);
    text = buffer.data();
  };
  std::size_t got = 0;
  if (stream != nullptr) {
    const auto chunk = TRY(stream->next());
    make_room(chunk.size());
    std::memcpy(buffer.data() + filled, chunk.data(), chunk.size());
    got = chunk.size();
  } else {
    make_room(chunk_bytes);
    got = TRY(file->read_at(file_at, std::span(buffer.data() + filled, chunk_bytes)));
    file_at += got;
  }
  filled += got;
  at_end = got == 0;
  cursor.seek(at(row_begin), separator);
  return {};
}

// Walks a quoted field and returns where it ends, behind the closing quote; nullptr with the outcome if it does not.
const char* Csv::Parts::quoted_field(const char* open, Split& outcome) {
  const char* limit = at(filled);
  bool doubled = false;
  for (const char* q = open + 1;; q += 2, doubled = true) {
    q = static_cast<const char*>(std::memchr(q, '"', static_cast<std::size_t>(limit - q)));
    if (q == nullptr || (q + 1 == limit && !at_end)) {
      outcome = at_end ? Split::unclosed : Split::needs_more;
      return nullptr;
    }
    if (q + 1 == limit || q[1] != '"') {
      if (doubled) escaped.push_back(fields.size());
      fields.emplace_back(open + 1, static_cast<std::size_t>(q - open - 1));
      return q + 1;
    }
  }
}

// Splits the row at row_begin into fields.
Csv::Parts::Split Csv::Parts::split() {
  fields.clear();
  escaped.clear();
  fault = RowFault::none;
  quoted = false;
  const char* limit = at(filled);
  for (const char* field = at(row_begin);;) {
    if (field < limit && *field == '"') {
      quoted = true;
      auto outcome = Split::complete;
      const char* past = quoted_field(field, outcome);
      if (past == nullptr) return outcome;
      cursor.seek(past, separator);
      const char* end = cursor.next(limit);
      if (end == nullptr && !at_end) return Split::needs_more;
      if (end == nullptr) end = limit;
      const bool last = end == limit || *end == '\n';
      if (past != end && !(last && without_return(past, end).empty())) {
        fault = RowFault::bad_quote;
        if (!escaped.empty() && escaped.back() == fields.size() - 1) escaped.pop_back();
        fields.back() =
            last ? without_return(field, end) : std::string_view(field, static_cast<std::size_t>(end - field));
      }
      if (last) return finish_row(end), Split::complete;
      field = end + 1;
      continue;
    }
    const char* end = cursor.next(limit);
    if (end == nullptr && !at_end) return Split::needs_more;
    if (end == nullptr || *end == '\n') {
      if (end == nullptr) end = limit;
      fields.push_back(without_return(field, end));
      return finish_row(end), Split::complete;
    }
    fields.emplace_back(field, static_cast<std::size_t>(end - field));
    field = end + 1;
  }
}

// The line at row_begin, into as many fields as the one before had.
void Csv::Parts::split_line() {
  fault = RowFault::none;
  const char* limit = at(filled);
  std::size_t count = 0;
  for (const char* field = at(row_begin);;) {
    const char* end = cursor.next(limit);
    const bool last = end == nullptr || *end == '\n';
    if (end == nullptr) end = limit;
    if (count == fields.size()) fields.emplace_back();
    fields[count++] = last ? without_return(field, end) : std::string_view(field, static_cast<std::size_t>(end - field));
    if (last) {
      fields.resize(count);
      return finish_row(end);
    }
    field = end + 1;
  }
}

void Csv::Parts::finish_row(const char* row_end) {
  raw = without_return(at(row_begin), row_end);
  row_past = static_cast<std::size_t>(row_end - text) + (row_end < at(filled) ? 1 : 0);
  lines = 1 + (quoted ? static_cast<std::uint64_t>(std::count(raw.begin(), raw.end(), '\n')) : 0);
  if (!escaped.empty()) {
    unescaped.clear();
    unescaped.reserve(raw.size());  // so that views into it stay where they are
    for (const std::size_t index : escaped) {
      const std::size_t begin = unescaped.size();
      for (std::size_t i = 0; i < fields[index].size(); ++i) {
        unescaped.push_back(fields[index][i]);
        if (fields[index][i] == '"') ++i;
      }
      fields[index] = std::string_view(unescaped).substr(begin);
    }
  }
  if (fault == RowFault::none && !header.empty() && fields.size() != header.size()) fault = RowFault::ragged;
  if (fault == RowFault::none && !is_ascii && !is_utf8(raw)) fault = RowFault::bad_utf8;
}

// A quote that never closes: the row is its first line, split at every separator.
void Csv::Parts::take_one_line(const char* line_end) {
  fields.clear();
  escaped.clear();
  quoted = false;
  fault = RowFault::bad_quote;
  const char* field = at(row_begin);
  for (const char* c = field; c < line_end; ++c) {
    if (*c != separator) continue;
    fields.emplace_back(field, static_cast<std::size_t>(c - field));
    field = c + 1;
  }
  fields.push_back(without_return(field, line_end));
  finish_row(line_end);
  cursor.seek(at(row_past), separator);
}

// A line that no buffer should hold: dropped as it is read, up to its end.
Result<void> Csv::Parts::skip_line() {
  fields.clear();
  raw = {};
  fault = RowFault::too_long;
  lines = 1;
  for (;;) {
    row_begin = filled;
    TRY(refill());
    const void* end = std::memchr(at(0), '\n', filled);
    if (end == nullptr && !at_end) continue;
    row_past = end == nullptr ? filled : static_cast<std::size_t>(static_cast<const char*>(end) - text) + 1;
    cursor.seek(at(row_past), separator);
    return {};
  }
}

Result<bool> Csv::Parts::next() {
  line += lines;
  lines = 0;
  row_begin = row_past;
  for (;;) {
    if (buffer_offset + row_begin >= stop) return false;
    if (row_begin == filled && at_end) return false;
    const Split outcome = is_lines ? (split_line(), Split::complete) : split();
    if (outcome == Split::complete) {
      if (!blank()) return true;
      row_begin = row_past;
      ++line;
      continue;
    }
    if (outcome == Split::needs_more && filled - row_begin <= row_bytes_max) {
      TRY(refill());
      continue;
    }
    if (const void* line_end = std::memchr(at(row_begin), '\n', filled - row_begin)) {
      take_one_line(static_cast<const char*>(line_end));
    } else if (outcome == Split::unclosed) {
      take_one_line(at(filled));
    } else {
      TRY(skip_line());
    }
    return true;
  }
}

Csv::Csv(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Csv::Csv(Csv&&) noexcept = default;
Csv& Csv::operator=(Csv&&) noexcept = default;
Csv::~Csv() = default;

Result<Csv> Csv::open(Input& input, char separator) {
  auto parts = std::make_unique<Parts>();
  parts->stream = &input;
  parts->separator = separator;
  while (parts->filled < byte_order_mark.size() && !parts->at_end) TRY(parts->refill());
  if (std::string_view(parts->at(0), parts->filled).starts_with(byte_order_mark)) {
    parts->row_past = byte_order_mark.size();
    parts->cursor.seek(parts->at(parts->row_past), separator);
  }
  if (!TRY(parts->next()))
    return invalid_request(input.name() + ": the file is empty, where a CSV header was expected");
  if (parts->fault != RowFault::none) {
    return invalid_request(input.name() + ", line 1: the header cannot be read: " + std::string(reason(parts->fault)));
  }
  parts->header.assign(parts->fields.begin(), parts->fields.end());
  std::unordered_set<std::string> names;
  for (const std::string& name : parts->header)
    if (!name.empty() && !names.insert(lower(name)).second)
      return invalid_request(input.name() + ", line 1: the header names the column \"" + name + "\" twice");
  return Csv(std::move(parts));
}

Result<Csv> Csv::part(const Input& input, std::uint64_t begin, std::uint64_t end, std::uint64_t first_line) const {
  auto parts = std::make_unique<Parts>();
  parts->file = &input;
  parts->file_at = parts->buffer_offset = begin;
  parts->stop = end;
  parts->separator = parts_->separator;
  parts->header = parts_->header;
  parts->line = first_line;
  parts->lines = 0;
  TRY(parts->refill());
  return Csv(std::move(parts));
}

Csv Csv::lines(std::string_view text, bool is_ascii, std::uint64_t begin, std::uint64_t first_line) const {
  auto parts = std::make_unique<Parts>();
  parts->text = text.data(), parts->filled = text.size(), parts->at_end = true;
  parts->is_lines = true, parts->is_ascii = is_ascii;
  parts->buffer_offset = begin;
  parts->separator = parts_->separator;
  parts->header = parts_->header;
  parts->line = first_line;
  parts->lines = 0;
  parts->cursor.seek(parts->text, parts->separator);
  return Csv(std::move(parts));
}

Result<std::uint64_t> Csv::row_start_after(const Input& input, std::uint64_t offset) {
  std::string bytes(std::size_t{64} << 10, '\0');
  for (;;) {
    const std::size_t got = TRY(input.read_at(offset, bytes));
    const std::size_t end = std::string_view(bytes).substr(0, got).find('\n');
    if (end != std::string_view::npos) return offset + end + 1;
    offset += got;
    if (got < bytes.size()) return offset;
  }
}

const std::vector<std::string>& Csv::header() const { return parts_->header; }

std::optional<std::size_t> Csv::column(std::string_view name) const {
  for (std::size_t i = 0; i < parts_->header.size(); ++i)
    if (same_name(parts_->header[i], name)) return i;
  return std::nullopt;
}

bool Csv::waits_for_next() const {
  const Parts& of = *parts_;
  return of.stream != nullptr && std::memchr(of.text + of.row_past, '\n', of.filled - of.row_past) == nullptr;
}

Result<bool> Csv::next() { return parts_->next(); }
std::string_view Csv::operator[](std::size_t column) const {
  return column < parts_->fields.size() ? parts_->fields[column] : std::string_view{};
}
std::span<const std::string_view> Csv::fields() const { return parts_->fields; }
RowFault Csv::fault() const { return parts_->fault; }
std::uint64_t Csv::line() const { return parts_->line; }
std::string_view Csv::raw() const { return parts_->raw; }
std::uint64_t Csv::past_row() const { return parts_->buffer_offset + parts_->row_past; }
std::uint64_t Csv::past_line() const { return parts_->line + parts_->lines; }

}  // namespace chartline::exchange
