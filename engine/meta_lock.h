// A lock for whoever reads a named value of a store (Store::meta), changes it and writes it back: held meanwhile, so that of
// two threads neither loses what the other wrote. A store is written by one process alone.
#pragma once

#include <mutex>

#include "engine/store.h"

namespace chartline::engine {

[[nodiscard]] std::unique_lock<std::mutex> lock_meta(Store& store);

}  // namespace chartline::engine
