// Writing: records in batches, held until they are committed; links between patients.
#pragma once

#include "formats/wire/chartline.capnp.h"
#include "server/holder.h"

namespace chartline::server {

using LinkCall = capnp::CallContext<wire::Session::LinkParams, wire::Session::LinkResults>;

wire::Ingest::Client make_ingest(HolderPtr holder);
kj::Promise<void> link(HolderPtr holder, LinkCall context);

}  // namespace chartline::server
