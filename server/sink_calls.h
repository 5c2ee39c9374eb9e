// Sending the events of many people, or of everyone, to a sink of the client.
#pragma once

#include "formats/wire/chartline.capnp.h"
#include "server/holder.h"

namespace chartline::server {

using EventsCall = capnp::CallContext<wire::Session::EventsParams, wire::Session::EventsResults>;
using TimelinesCall = capnp::CallContext<wire::Session::TimelinesParams, wire::Session::TimelinesResults>;

kj::Promise<void> timelines(HolderPtr holder, TimelinesCall context);
kj::Promise<void> all_events(HolderPtr holder, EventsCall context);

}  // namespace chartline::server
