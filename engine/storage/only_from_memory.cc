#include "engine/storage/only_from_memory.h"

namespace chartline::engine {
namespace {

thread_local OnlyFromMemory* present = nullptr;

}  // namespace

OnlyFromMemory::OnlyFromMemory() : outer_(present) { present = this; }
OnlyFromMemory::~OnlyFromMemory() { present = outer_; }
OnlyFromMemory* OnlyFromMemory::of_this_thread() { return present; }

}  // namespace chartline::engine
