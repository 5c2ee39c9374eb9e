#include "base/result.h"

namespace chartline {

std::string_view name(Fault fault) {
  switch (fault) {
    case Fault::invalid_request: return "invalid_request";
    case Fault::not_found: return "not_found";
    case Fault::denied: return "denied";
    case Fault::conflict: return "conflict";
    case Fault::busy: return "busy";
    case Fault::unavailable: return "unavailable";
    case Fault::corrupt: return "corrupt";
    case Fault::unsupported: return "unsupported";
  }
  return "unknown";
}

}  // namespace chartline
