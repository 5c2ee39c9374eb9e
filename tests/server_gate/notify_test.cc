#include "server/notify.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>

#include "base/check.h"
#include "tests/server_gate/made_keys.h"

namespace chartline::server {
namespace {

// The manager's end: what it is told.
class Manager {
 public:
  explicit Manager(const std::string& name) : descriptor_(socket(AF_UNIX, SOCK_DGRAM, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    name.copy(address.sun_path, sizeof address.sun_path);
    if (name[0] == '@') address.sun_path[0] = '\0';
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    check(bind(descriptor_, reinterpret_cast<const sockaddr*>(&address), size) == 0);
  }
  ~Manager() { close(descriptor_); }
  std::string told() const {
    char text[256];
    const ssize_t n = recv(descriptor_, text, sizeof text, MSG_DONTWAIT);
    return n < 0 ? "nothing" : std::string(text, static_cast<std::size_t>(n));
  }

 private:
  int descriptor_;
};

TEST(Notifier, TellsTheManager) {
  const ScratchFolder folder;
  const std::string path = folder / "notify";
  const Manager manager(path);
  const Notifier notifier(path);
  notifier.tell("READY=1");
  EXPECT_EQ(manager.told(), "READY=1");
  notifier.tell("RELOADING=1");
  EXPECT_THAT(manager.told(), testing::MatchesRegex("RELOADING=1\nMONOTONIC_USEC=[0-9]+"));
  notifier.tell("STOPPING=1");
  EXPECT_EQ(manager.told(), "STOPPING=1");
}

TEST(Notifier, KnowsNamesWithoutFiles) {
  const std::string name = "@chartline-test-" + std::to_string(getpid());
  const Manager manager(name);
  Notifier(name).tell("READY=1");
  EXPECT_EQ(manager.told(), "READY=1");
}

TEST(Notifier, NeedsNoManager) {
  for (const std::string& socket :
       {std::string(), std::string("/nowhere/at/all"), std::string("relative"), "/" + std::string(300, 'x')})
    Notifier(socket).tell("READY=1");
}

}  // namespace
}  // namespace chartline::server
