// check(condition): an invariant of ours that, once broken, makes every further step a risk to the record. On in release
// too; it prints where and stops. Never for input: bad input is an Error.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <source_location>

namespace chartline {

[[noreturn]] inline void check_failed(const char* what, std::source_location where) {
  std::fprintf(stderr, "chartline: broken invariant at %s:%u in %s: %s\n", where.file_name(), where.line(),
               where.function_name(), what);
  std::abort();
}

constexpr void check(bool holds, const char* what = "", std::source_location where = std::source_location::current()) {
  if (!holds) [[unlikely]]
    check_failed(what, where);
}

}  // namespace chartline
