// Errors on their way to a client: the one place where an Error becomes an exception of KJ's.
#pragma once

#include <kj/exception.h>

#include "base/result.h"

namespace chartline::server {

kj::Exception to_exception(const Error& error);

// The value, or the exception that says why there is none. For code that runs within a call.
template <typename T>
T value_or_throw(Result<T> result) {
  if (!result) kj::throwFatalException(to_exception(result.error()));
  if constexpr (!std::is_void_v<T>) return std::move(result).value();
}

}  // namespace chartline::server
