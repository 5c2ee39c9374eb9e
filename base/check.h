// check(condition): an invariant of ours that, once broken, makes every further step a risk to the record. On in release
// too; it prints where and stops. Never for input: bad input is an Error.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace chartline {

[[noreturn]] inline void check_failed(const char* what, const char* file, unsigned line, const char* function) {
  std::fprintf(stderr, "chartline: broken invariant at %s:%u in %s: %s\n", file, line, function, what);
  std::abort();
}

// The place is the caller's. These builtins are what std::source_location is made of, which clang++ 14 does not offer.
constexpr void check(bool holds, const char* what = "", const char* file = __builtin_FILE(),
                     unsigned line = __builtin_LINE(), const char* function = __builtin_FUNCTION()) {
  if (!holds) [[unlikely]]
    check_failed(what, file, line, function);
}

}  // namespace chartline
