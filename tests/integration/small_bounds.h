// Bounds a tenth or less of what the memory tests store.
#pragma once

#include "engine/store.h"

namespace chartline::integration {

inline constexpr std::uint64_t question_bytes_max = 8u << 20;  // what a question may hold

inline engine::StoreOptions small_bounds() {
  engine::StoreOptions options;
  options.block_cache_bytes = 4u << 20;
  options.decoded_cache_bytes = 4u << 20;
  options.write_buffer_bytes = 8u << 20;
  options.delta_bytes_max = 8u << 20;
  options.fold_bytes_max = 2u << 20;
  return options;
}

}  // namespace chartline::integration
