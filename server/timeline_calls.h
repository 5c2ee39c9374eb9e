// Reading the timeline of one person, page by page.
#pragma once

#include "formats/wire/chartline.capnp.h"
#include "server/holder.h"

namespace chartline::server {

using ResumeTimelineCall = capnp::CallContext<wire::Session::ResumeTimelineParams, wire::Session::ResumeTimelineResults>;
using TimelineCall = capnp::CallContext<wire::Session::TimelineParams, wire::Session::TimelineResults>;

kj::Promise<void> timeline(HolderPtr holder, TimelineCall context);
kj::Promise<void> resume_timeline(HolderPtr holder, ResumeTimelineCall context);

}  // namespace chartline::server
