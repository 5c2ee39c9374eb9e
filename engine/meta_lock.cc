#include "engine/meta_lock.h"

#include "engine/store_parts.h"

namespace chartline::engine {

std::unique_lock<std::mutex> lock_meta(Store& store) { return std::unique_lock(store.parts().meta_mutex); }

}  // namespace chartline::engine
