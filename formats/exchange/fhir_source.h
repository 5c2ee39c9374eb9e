// DocumentSource: the documents of all inputs, one after another: whole files, or batches of lines where each line is a
// value.
//
// An input is read as lines if its first line that is not blank is JSON by itself and others follow it; or if that line
// is broken, but one soon after it is a resource by itself that could not stand there in any one document. So a line
// file of any length, also from standard input, is held a megabyte at a time, and anything else whole, up to
// document_bytes_max. An input that is damaged gives what was read of it (lines) and its fault; the next input is read
// all the same.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "base/result.h"
#include "formats/exchange/fhir_document.h"
#include "formats/exchange/input.h"

namespace chartline::exchange::fhir {

class DocumentSource {
 public:
  static Result<DocumentSource> open(std::span<const std::string> paths);

  // False after the last. Not thread safe.
  Result<bool> next(Document& into);
  std::uint64_t consumed_bytes() const { return inputs_.consumed_bytes(); }

 private:
  enum class Layout : std::uint8_t { undecided, lines, whole };

  explicit DocumentSource(Inputs inputs) : inputs_(std::move(inputs)) {}
  void begin(Input* input);
  bool fill();  // one more chunk into buffer_; false at the end or a fault
  void decide_layout();
  std::size_t line_end(std::size_t begin);  // of the line that begins there, read to its end
  bool has_line_behind_broken_ones(std::size_t begin);
  bool take(std::size_t size, Document& into);  // the first bytes of the buffer become a document

  Inputs inputs_;
  Input* input_ = nullptr;
  Layout layout_ = Layout::undecided;
  std::string buffer_;
  std::uint64_t line_ = 1;  // of the buffer's first byte
  bool ended_ = false;
  std::string fault_;
  std::string fault_rule_;
};

}  // namespace chartline::exchange::fhir
