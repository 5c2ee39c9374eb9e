// The value of a Result that a test cannot go on without. A failure ends the test with its message.
#pragma once

#include <stdexcept>
#include <string>
#include <utility>

#include "base/result.h"

namespace chartline::integration {

template <typename T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(std::string(name(result.error().fault)) + ": " + result.error().message);
  return std::move(result).value();
}
inline void must(Result<void> result) {
  if (!result) throw std::runtime_error(std::string(name(result.error().fault)) + ": " + result.error().message);
}

}  // namespace chartline::integration
