// Answers of a server, by the client library.
#pragma once

#include <memory>
#include <string>

#include "cli/source.h"
#include "clients/cpp/connection.h"

namespace chartline::cli {

std::unique_ptr<Source> server_source(std::string address, std::unique_ptr<client::Connection> server);

// For it alone.
Result<std::unique_ptr<ImportSession>> server_import(client::Connection& server, const ImportAsked& asked);
Result<std::unique_ptr<ChangeReader>> server_changes(client::Connection& server, const std::optional<Position>& since);

}  // namespace chartline::cli
