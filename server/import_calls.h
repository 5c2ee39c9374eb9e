// Imports: records of one source as one act, of any size, with what the source cannot say (ordinals of equal rows) added here.
#pragma once

#include "formats/wire/chartline.capnp.h"
#include "server/holder.h"

namespace chartline::server {

using ImportCall = capnp::CallContext<wire::Session::ImportParams, wire::Session::ImportResults>;

kj::Promise<void> begin_import(HolderPtr holder, ImportCall context);

}  // namespace chartline::server
