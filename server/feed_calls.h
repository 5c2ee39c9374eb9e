// The change feed: what was committed since a position, in order and without gaps.
#pragma once

#include "formats/wire/chartline.capnp.h"
#include "server/holder.h"

namespace chartline::server {

wire::Feed::Client make_feed(HolderPtr holder, std::vector<std::uint64_t> since);

}  // namespace chartline::server
