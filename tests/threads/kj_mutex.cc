// ThreadSanitizer is told what the mutex of KJ orders, through which the loop of the wire and its workers hand each other everything. The
// library is not built with it, so it would take all of that for races. By the linker's --wrap, for each program of the preset that speaks.
#include <kj/mutex.h>

extern "C" void __tsan_acquire(void*);
extern "C" void __tsan_release(void*);

namespace {

using kj::_::Mutex;
using Timeout = kj::Maybe<kj::Duration>;
using Where = kj::LockSourceLocationArg;

bool lock(Mutex*, Mutex::Exclusivity, Timeout, Where) asm("__real_" KJ_MUTEX_LOCK);
void unlock(Mutex*, Mutex::Exclusivity, void*) asm("__real_" KJ_MUTEX_UNLOCK);
void wait(Mutex*, Mutex::Predicate&, Timeout, Where) asm("__real_" KJ_MUTEX_WAIT);

}  // namespace

bool seen_lock(Mutex*, Mutex::Exclusivity, Timeout, Where) asm("__wrap_" KJ_MUTEX_LOCK);
void seen_unlock(Mutex*, Mutex::Exclusivity, void*) asm("__wrap_" KJ_MUTEX_UNLOCK);
void seen_wait(Mutex*, Mutex::Predicate&, Timeout, Where) asm("__wrap_" KJ_MUTEX_WAIT);

bool seen_lock(Mutex* mutex, Mutex::Exclusivity how, Timeout timeout, Where where) {
  const bool locked = lock(mutex, how, kj::mv(timeout), where);
  __tsan_acquire(mutex);
  return locked;
}

void seen_unlock(Mutex* mutex, Mutex::Exclusivity how, void* but) {
  __tsan_release(mutex);
  unlock(mutex, how, but);
}

void seen_wait(Mutex* mutex, Mutex::Predicate& until, Timeout timeout, Where where) {
  __tsan_release(mutex);
  wait(mutex, until, kj::mv(timeout), where);
  __tsan_acquire(mutex);
}
