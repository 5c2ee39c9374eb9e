// A Connection has a door (door.h) as its bootstrap, and its own limits. It ends when the client closes it, when it is cut
// (guarded_stream.h), or when nobody has logged in soon. For the loop's thread.
#pragma once

#include <capnp/rpc-twoparty.h>

#include <memory>

#include "server/door.h"
#include "server/frame_guard.h"

namespace chartline::server {

class Connection {
 public:
  // `local`: it does not leave this machine. All that is borrowed outlives it.
  Connection(kj::Own<kj::AsyncIoStream> stream, Services& services, Doorkeeper& keeper, FrameBudget& budget, bool local);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  const FrameGuard& guard() const { return stream_; }
  const ConnectionAbout& about() const { return *about_; }
  // Nothing more is said.
  void end();
  kj::Promise<void> closed(kj::Timer& timer, const Limits& limits);

 private:
  kj::Promise<void> too_late(kj::Timer& timer, const Limits& limits);

  FrameGuard stream_;
  std::shared_ptr<ConnectionAbout> about_;
  capnp::TwoPartyVatNetwork network_;
  capnp::RpcSystem<capnp::rpc::twoparty::VatId> rpc_;
};

}  // namespace chartline::server
