// Code lists of the store, and the terminology loaded into it.
#pragma once

#include "formats/wire/chartline.capnp.h"
#include "server/holder.h"

namespace chartline::server {

wire::CodeLists::Client make_code_lists(HolderPtr holder, HeldObject object);

}  // namespace chartline::server
