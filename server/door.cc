#include "server/door.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "formats/wire/events_reader.h"
#include "server/random_name.h"
#include "server/session.h"

namespace chartline::server {
namespace {

std::string copy(capnp::Text::Reader text) { return std::string(wire::view(text)); }

Shown read_shown(wire::Credential::Reader credential, bool local) {
  Shown shown{.token = {}, .user = {}, .password = {}, .local = local};
  if (credential.isToken()) shown.token = copy(credential.getToken());
  if (credential.isPassword()) {
    shown.user = copy(credential.getPassword().getUser());
    shown.password = copy(credential.getPassword().getPassword());
  }
  return shown;
}

class DoorServer final : public wire::Door::Server {
 public:
  DoorServer(Services& services, Doorkeeper& keeper, ConnectionAbout& about)
      : services_(services), keeper_(keeper), about_(about) {}

  kj::Promise<void> login(LoginContext context) override {
    const auto params = context.getParams();
    Shown shown = read_shown(params.getCredential(), about_.local);
    std::string who = shown.user;
    const auto request = params.getRequest();
    Asked asked{.role = copy(request.getRole()),
                .purpose = copy(request.getPurpose()),
                .project = copy(request.getProject()),
                .reason = copy(request.getReason()),
                .patient = copy(request.getPatient())};
    context.releaseParams();
    auto work = [&keeper = keeper_, &clock = services_.clock, shown = std::move(shown), asked = std::move(asked)] {
      return keeper.admit(shown, asked, clock.now());
    };
    // Slow on purpose, and nobody's yet: behind those who are in.
    return services_.workers.run(Lane::scan, std::move(work))
        .then([this, context](Admitted admitted) mutable { return let_in(std::move(admitted), context); },
              [this, who = std::move(who)](kj::Exception&& why) mutable { return refuse(std::move(who), kj::mv(why)); })
        .attach(about_.hold());
  }

 private:
  kj::Promise<void> let_in(Admitted admitted, LoginContext context) {
    const Micros latest = services_.clock.now() + Micros{services_.limits.session_seconds} * 1'000'000;
    auto holder = std::make_shared<const Holder>(Holder{.services = services_,
                                                        .hold = about_.hold,
                                                        .calls = about_.calls,
                                                        .user = std::move(admitted.user),
                                                        .role = std::move(admitted.role),
                                                        .purpose = std::move(admitted.purpose),
                                                        .project = std::move(admitted.project),
                                                        .session = random_name(),
                                                        .grant = std::move(admitted.grant),
                                                        .until = std::min(admitted.until, latest)});
    about_.is_in = true;
    ++services_.instruments.logins;
    if (services_.log) services_.log->write(LogLevel::info, LogEvent::login);
    if (holder->grant && holder->grant->break_glass) ++services_.instruments.break_glass;
    if (about_.on_logged_in) about_.on_logged_in();
    auto results = context.getResults();
    write_about(*holder, results.initAbout());
    auto entered = holder->enter(holder->entry(engine::Act::login));
    results.setSession(make_session(std::move(holder), services_.sessions.ended()));
    return entered;
  }

  // Who was not let in is in the audit too, under the name that they claimed.
  kj::Promise<void> refuse(std::string who, kj::Exception why) {
    ++services_.instruments.logins_refused;
    if (services_.log) services_.log->write(LogLevel::warning, LogEvent::login_refused);
    engine::AuditEntry entry;
    entry.act = engine::Act::login;
    entry.outcome = engine::AuditOutcome::denied;
    entry.fault = Fault::denied;
    entry.who = std::move(who);
    return services_.auditor.enter(std::move(entry)).then([why = kj::mv(why)]() mutable -> kj::Promise<void> {
      return kj::mv(why);
    });
  }

  Services& services_;
  Doorkeeper& keeper_;
  ConnectionAbout& about_;
};

}  // namespace

wire::Door::Client make_door(Services& services, Doorkeeper& keeper, ConnectionAbout& about) {
  return kj::heap<DoorServer>(services, keeper, about);
}

}  // namespace chartline::server
