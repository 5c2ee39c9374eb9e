// Names that nobody guesses: of cursors and sessions.
#pragma once

#include <string>

namespace chartline::server {

std::string random_name();  // 128 random bits in hexadecimal

}  // namespace chartline::server
