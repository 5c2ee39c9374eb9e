#include "formats/exchange/fhir_source.h"

#include <algorithm>

namespace chartline::exchange::fhir {
namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
constexpr std::string_view white_space = " \t\r\n";
constexpr std::size_t batch_bytes = chunk_bytes;
constexpr int lines_looked_at = 16;

bool is_json(std::string_view text) {
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  return parser.parse(text.data(), text.size(), true).get(root) == simdjson::SUCCESS;
}

bool is_resource(std::string_view line) {
  if (!line.starts_with('{')) return false;
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  return parser.parse(line.data(), line.size(), true).get(root) == simdjson::SUCCESS && root["resourceType"].is_string();
}

// Whether an object may stand on the line after these ones of one document: behind a key, or in a list. A document that is
// laid out for people may have a whole resource on a line of its own.
bool may_go_on_with_object(std::string_view text) {
  std::string open;
  char last = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (white_space.find(c) != std::string_view::npos) continue;
    last = c;
    if (c == '"') {
      for (++at; at < text.size() && text[at] != '"'; ++at) {
        if (text[at] == '\\') ++at;
        if (at < text.size() && text[at] == '\n') return false;  // no text of JSON goes over a line's end
      }
    } else if (c == '{' || c == '[') {
      open.push_back(c == '{' ? '}' : ']');
    } else if (c == '}' || c == ']') {
      if (open.empty() || open.back() != c) return false;
      open.pop_back();
    }
  }
  if (open.empty()) return false;
  return open.back() == ']' ? last == '[' || last == ',' : last == ':';
}

}  // namespace

Result<DocumentSource> DocumentSource::open(std::span<const std::string> paths) {
  return DocumentSource(TRY(Inputs::open(paths)));
}

void DocumentSource::begin(Input* input) {
  input_ = input;
  layout_ = Layout::undecided;
  buffer_.clear();
  line_ = 1;
  ended_ = false;
  fault_.clear();
  fault_rule_.clear();
}

bool DocumentSource::fill() {
  if (ended_) return false;
  const auto chunk = input_->next();
  if (!chunk) {
    fault_ = "the input cannot be read on: it is damaged or truncated";
    fault_rule_ = "damaged_input";
  } else if (buffer_.size() + chunk->size() > document_bytes_max) {
    fault_ = "one document is longer than the limit of 1 GiB";
    fault_rule_ = "too_long";
  } else if (!chunk->empty()) {
    buffer_.append(*chunk);
    return true;
  }
  ended_ = true;
  return false;
}

void DocumentSource::decide_layout() {
  while (buffer_.size() < byte_order_mark.size() && fill()) {
  }
  if (buffer_.starts_with(byte_order_mark)) buffer_.erase(0, byte_order_mark.size());
  layout_ = Layout::whole;
  std::size_t start = 0, end = 0;
  for (std::size_t searched = 0;;) {
    start = buffer_.find_first_not_of(white_space);
    end = start == std::string::npos ? start : buffer_.find('\n', std::max(start, searched));
    if (end != std::string::npos && buffer_.find_first_not_of(white_space, end) != std::string::npos)
      break;  // a line, and more after it
    searched = end == std::string::npos ? buffer_.size() : end;
    if (!fill()) return;
  }
  const bool is_line =
      is_json(std::string_view(buffer_).substr(start, end - start)) || has_line_behind_broken_ones(start);
  if (is_line) layout_ = Layout::lines;
}

std::size_t DocumentSource::line_end(std::size_t begin) {
  for (std::size_t searched = begin;;) {
    const auto end = buffer_.find('\n', searched);
    if (end != std::string::npos) return end;
    searched = buffer_.size();
    if (!fill()) return buffer_.size();
  }
}

bool DocumentSource::has_line_behind_broken_ones(std::size_t begin) {
  std::size_t line = line_end(begin) + 1;
  for (int looked_at = 0; looked_at < lines_looked_at; ++looked_at) {
    const auto end = line_end(line);
    if (line >= buffer_.size()) return false;
    const auto text = std::string_view(buffer_).substr(line, end - line);
    if (is_resource(text) && !may_go_on_with_object(std::string_view(buffer_).substr(begin, line - begin))) return true;
    line = end + 1;
  }
  return false;
}

bool DocumentSource::take(std::size_t size, Document& into) {
  into.file = input_->name();
  into.line = line_;
  into.lines = layout_ == Layout::lines;
  into.bytes.swap(buffer_);
  buffer_.assign(into.bytes, size);
  into.bytes.resize(size);
  into.size = size;
  if (into.lines) line_ += static_cast<std::uint64_t>(std::ranges::count(into.bytes, '\n'));
  into.bytes.append(padding_bytes, '\0');
  into.fault.clear();
  if (!ended_ || !buffer_.empty()) return true;
  into.fault = fault_;
  into.fault_rule = fault_rule_;
  input_ = nullptr;
  return true;
}

Result<bool> DocumentSource::next(Document& into) {
  if (input_ == nullptr) {
    Input* input = TRY(inputs_.next());
    if (input == nullptr) return false;
    begin(input);
    decide_layout();
  }
  if (layout_ == Layout::whole) {
    while (fill()) {
    }
    return take(buffer_.size(), into);
  }
  std::size_t lines_end = std::string::npos;
  do {
    if (buffer_.size() >= batch_bytes) lines_end = buffer_.rfind('\n');
  } while (lines_end == std::string::npos && fill());
  return take(ended_ || lines_end == std::string::npos ? buffer_.size() : lines_end + 1, into);
}

}  // namespace chartline::exchange::fhir
