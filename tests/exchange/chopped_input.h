// An Input that gives its bytes in pieces of any size, as pipes and decompressors do.
#pragma once

#include <string>

#include "formats/exchange/input.h"

namespace chartline::exchange {

class ChoppedInput final : public Input {
 public:
  ChoppedInput(std::string bytes, std::size_t piece) : Input("chopped"), bytes_(std::move(bytes)), piece_(piece) {}
  Result<std::string_view> next() override {
    const auto chunk = std::string_view(bytes_).substr(at_, piece_);
    at_ += chunk.size();
    return chunk;
  }

 private:
  std::string bytes_;
  std::size_t piece_;
  std::size_t at_ = 0;
};

}  // namespace chartline::exchange
