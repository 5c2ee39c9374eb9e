// Messages that leave the loop on which they came.
#pragma once

#include <capnp/capability.h>
#include <capnp/message.h>

#include <memory>

namespace chartline::wire {

using Message = std::shared_ptr<capnp::MallocMessageBuilder>;

// A copy that any thread may read and let go of. Throws where there are capabilities in it, which belong to their loop: nothing that is
// copied has any by the schema, but the other side may have put some where later versions of it would have more pointers.
template <typename Reader>
Message copied(Reader from, std::uint64_t words) {
  capnp::ReaderCapabilityTable none(nullptr);
  auto message = std::make_shared<capnp::MallocMessageBuilder>(static_cast<unsigned>(words + 8));
  message->setRoot(none.imbue(from));
  return message;
}
template <typename Reader>
Message copied(Reader from) {
  return copied(from, from.totalSize().wordCount);
}

}  // namespace chartline::wire
