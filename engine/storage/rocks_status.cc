#include "engine/storage/rocks_status.h"

#include <rocksdb/status.h>

#include <algorithm>
#include <array>

namespace chartline::engine {
namespace {

constexpr std::string_view digits = "0123456789";

bool is_number(std::string_view word) {
  return word.size() >= 6 && word.size() <= 20 && word.find_first_not_of(digits) == std::string_view::npos;
}

// The longest start of `word` that is the name of a database's file.
std::string_view file_name(std::string_view word) {
  for (const std::string_view start : {"MANIFEST-", "OPTIONS-"})
    if (word.starts_with(start)) {
      const std::size_t end = std::min(word.find_first_not_of(digits, start.size()), word.size());
      return is_number(word.substr(start.size(), end - start.size())) ? word.substr(0, end) : std::string_view();
    }
  if (word.starts_with("CURRENT")) return word.substr(0, 7);
  const std::size_t dot = word.find_first_not_of(digits);
  if (dot == std::string_view::npos || !is_number(word.substr(0, dot))) return {};
  for (const std::string_view end : {".sst", ".log", ".blob", ".ldb"})
    if (word.substr(dot).starts_with(end)) return word.substr(0, dot + end.size());
  return {};
}

bool is_letter_or_digit(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

struct Kind {
  Fault fault;
  std::string_view words;
};

Kind kind(const rocksdb::Status& status) {
  using Code = rocksdb::Status::Code;
  using SubCode = rocksdb::Status::SubCode;
  switch (status.code()) {
    case Code::kCorruption:
      return {Fault::corrupt, "stored bytes are damaged or missing; check the store, and restore it from a backup"};
    case Code::kNotSupported: return {Fault::unsupported, "the files use a feature that this build does not have"};
    case Code::kInvalidArgument: return {Fault::invalid_request, "the storage engine refuses the request"};
    case Code::kBusy:
    case Code::kTimedOut:
    case Code::kTryAgain:
    case Code::kIncomplete:
    case Code::kAborted: return {Fault::busy, "the storage engine is busy; try again"};
    case Code::kIOError:
      if (status.subcode() == SubCode::kNoSpace) return {Fault::unavailable, "the disk is full"};
      if (status.subcode() == SubCode::kPathNotFound) return {Fault::unavailable, "a file or folder is missing"};
      if (status.subcode() == SubCode::kIOFenced)
        return {Fault::unavailable, "another holder has taken the shard over"};
      return {Fault::unavailable, "input/output error"};
    default: return {Fault::unavailable, "the storage engine failed"};
  }
}

}  // namespace

Error error_of(const rocksdb::Status& status, std::string_view place) {
  const auto [fault, words] = kind(status);
  std::string message(place);
  const char* text = status.getState();
  if (const std::string file = file_named_in(text ? text : ""); !file.empty()) message += ", file " + file;
  return {fault, message.append(": ").append(words)};
}

std::string file_named_in(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (i > 0 && is_letter_or_digit(text[i - 1])) continue;
    if (const std::string_view found = file_name(text.substr(i)); !found.empty()) return std::string(found);
  }
  return {};
}

}  // namespace chartline::engine
