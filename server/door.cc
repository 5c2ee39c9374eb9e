#include "server/door.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "formats/wire/events_reader.h"
#include "server/session.h"

namespace chartline::server {
namespace {

std::string copy(capnp::Text::Reader text) { return std::string(wire::view(text)); }

class DoorServer final : public wire::Door::Server {
 public:
  DoorServer(Services& services, Doorkeeper& keeper, ConnectionAbout& about)
      : services_(services), keeper_(keeper), about_(about) {}

  kj::Promise<void> login(LoginContext context) override {
    const auto params = context.getParams();
    Shown shown{.token = {}, .user = {}, .password = {}, .local = about_.local};
    const auto credential = params.getCredential();
    if (credential.isToken()) shown.token = copy(credential.getToken());
    if (credential.isPassword()) {
      shown.user = copy(credential.getPassword().getUser());
      shown.password = copy(credential.getPassword().getPassword());
    }
    const auto request = params.getRequest();
    Asked asked{.role = copy(request.getRole()),
                .purpose = copy(request.getPurpose()),
                .project = copy(request.getProject()),
                .reason = copy(request.getReason())};
    context.releaseParams();
    auto work = [&keeper = keeper_, &clock = services_.clock, shown = std::move(shown), asked = std::move(asked)] {
      return keeper.admit(shown, asked, clock.now());
    };
    // Slow on purpose, and nobody's yet: behind those who are in.
    return services_.workers.run(Lane::scan, std::move(work)).then([this, context](Admitted admitted) mutable {
      const Micros latest = services_.clock.now() + Micros{services_.limits.session_seconds} * 1'000'000;
      auto holder = std::make_shared<const Holder>(Holder{.services = services_,
                                                          .hold = about_.hold,
                                                          .user = std::move(admitted.user),
                                                          .role = std::move(admitted.role),
                                                          .purpose = std::move(admitted.purpose),
                                                          .project = std::move(admitted.project),
                                                          .grant = std::move(admitted.grant),
                                                          .until = std::min(admitted.until, latest)});
      about_.is_in = true;
      if (about_.on_logged_in) about_.on_logged_in();
      auto results = context.getResults();
      write_about(*holder, results.initAbout());
      results.setSession(make_session(std::move(holder), kj::NEVER_DONE));
    }).attach(about_.hold());
  }

 private:
  Services& services_;
  Doorkeeper& keeper_;
  ConnectionAbout& about_;
};

}  // namespace

wire::Door::Client make_door(Services& services, Doorkeeper& keeper, ConnectionAbout& about) {
  return kj::heap<DoorServer>(services, keeper, about);
}

}  // namespace chartline::server
