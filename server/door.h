// The Door: the bootstrap of every connection, which can do nothing but let someone in.
#pragma once

#include "formats/wire/chartline.capnp.h"
#include "server/doorkeeper.h"
#include "server/holder.h"

namespace chartline::server {

// What is known of a connection before anybody logs in, and whether somebody has. A call may outlive the connection that it came
// over, so it is shared.
struct ConnectionAbout {
  bool local = false;
  Hold hold;                           // while work is done for it, it may be silent
  std::function<void()> on_logged_in;  // from then on it may send larger messages
  std::shared_ptr<ConnectionUse> use = std::make_shared<ConnectionUse>();
  bool is_in = false;            // somebody has logged in
  int logins = 0, refusals = 0;  // under way; in a row
};

wire::Door::Client make_door(Services& services, Doorkeeper& keeper, std::shared_ptr<ConnectionAbout> about);

}  // namespace chartline::server
