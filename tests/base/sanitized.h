// Whether this program runs under a sanitizer: asked when it runs, as tests may be compiled once for all lanes.
#pragma once

extern "C" [[gnu::weak]] void __asan_init();
extern "C" [[gnu::weak]] void __tsan_init();

namespace chartline {

inline bool is_sanitized() { return __asan_init != nullptr || __tsan_init != nullptr; }

}  // namespace chartline
