// Reading timelines: of one person, of many, of everyone.
#pragma once

#include "formats/wire/chartline.capnp.h"
#include "server/holder.h"

namespace chartline::server {

using EventsCall = capnp::CallContext<wire::Session::EventsParams, wire::Session::EventsResults>;
using ResumeTimelineCall = capnp::CallContext<wire::Session::ResumeTimelineParams, wire::Session::ResumeTimelineResults>;
using TimelineCall = capnp::CallContext<wire::Session::TimelineParams, wire::Session::TimelineResults>;
using TimelinesCall = capnp::CallContext<wire::Session::TimelinesParams, wire::Session::TimelinesResults>;

kj::Promise<void> timeline(HolderPtr holder, TimelineCall context);
kj::Promise<void> timelines(HolderPtr holder, TimelinesCall context);
kj::Promise<void> all_events(HolderPtr holder, EventsCall context);
kj::Promise<void> resume_timeline(HolderPtr holder, ResumeTimelineCall context);

}  // namespace chartline::server
