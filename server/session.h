// Sessions: what a login gives. Everything that is reached from one goes through it, and dies with it.
#pragma once

#include "formats/wire/chartline.capnp.h"
#include "server/holder.h"

namespace chartline::server {

// `object` counts it. A session that ends at holder->until, when it is logged out, or when `revoked` resolves.
wire::Session::Client make_session(HolderPtr holder, HeldObject object, kj::Promise<void> revoked);

void write_about(const Holder& holder, wire::SessionAbout::Builder into);

}  // namespace chartline::server
