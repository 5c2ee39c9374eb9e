#include "server/failure.h"

#include "formats/wire/failure.h"

namespace chartline::server {

kj::Exception to_exception(const Error& error) {
  const auto type = [&] {
    switch (error.fault) {
      case Fault::busy: return kj::Exception::Type::OVERLOADED;
      case Fault::unsupported: return kj::Exception::Type::UNIMPLEMENTED;
      default: return kj::Exception::Type::FAILED;
    }
  }();
  return {type, "server", 0, kj::heapString(wire::failure_text(error).c_str())};
}

}  // namespace chartline::server
