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
  DoorServer(Services& services, Doorkeeper& keeper, std::shared_ptr<ConnectionAbout> about)
      : services_(services), keeper_(keeper), about_(std::move(about)) {}

  kj::Promise<void> login(LoginContext context) override {
    if (services_.traffic.is_ending()) return to_exception(unavailable("the server is ending"));
    // Who tries again and again is not heard any more; nor are two at once.
    if (about_->logins > 0 || about_->refusals >= refusals_max) return to_exception(denied("not let in"));
    const auto params = context.getParams();
    Shown shown = read_shown(params.getCredential(), about_->local);
    std::string who = shown.user;
    const auto request = params.getRequest();
    Asked asked{.role = copy(request.getRole()),
                .purpose = copy(request.getPurpose()),
                .project = copy(request.getProject()),
                .reason = copy(request.getReason()),
                .patient = copy(request.getPatient())};
    context.releaseParams();
    auto work = [&keeper = keeper_, &clock = services_.clock, shown = std::move(shown), asked] {
      return keeper.admit(shown, asked, clock.now());
    };
    // Of the moment before the policy is asked: a session by a policy that is replaced meanwhile ends at once.
    auto ended = services_.sessions.ended();
    ++about_->logins;
    return services_.workers.run(Lane::login, std::move(work))
        .then(
            [this, context, asked, ended = kj::mv(ended)](Admitted admitted) mutable -> kj::Promise<void> {
              if (admitted.refused) return refuse(std::move(admitted.user), asked, to_exception(*admitted.refused));
              return let_in(std::move(admitted), context, kj::mv(ended));
            },
            [this, asked, who = std::move(who)](kj::Exception&& why) mutable {
              return refuse(std::move(who), asked, kj::mv(why));
            })
        .attach(UnderWay(services_.traffic, about_->use, about_->hold()),
                kj::defer([about = about_] { --about->logins; }));
  }

 private:
  static constexpr int refusals_max = 3;

  kj::Promise<void> let_in(Admitted admitted, LoginContext context, kj::Promise<void> ended) {
    const Micros latest = services_.clock.now() + Micros{services_.limits.session_seconds} * 1'000'000;
    auto holder = std::make_shared<const Holder>(Holder{.services = services_,
                                                        .hold = about_->hold,
                                                        .use = about_->use,
                                                        .user = std::move(admitted.user),
                                                        .role = std::move(admitted.role),
                                                        .purpose = std::move(admitted.purpose),
                                                        .project = std::move(admitted.project),
                                                        .session = random_name(),
                                                        .grant = std::move(admitted.grant),
                                                        .until = std::min(admitted.until, latest)});
    auto object = holder->hold_object();
    if (!object) return to_exception(object.error());
    about_->is_in = true;
    about_->refusals = 0;
    ++services_.instruments.logins;
    if (services_.log) services_.log->write(LogLevel::info, LogEvent::login);
    if (holder->grant && holder->grant->break_glass) ++services_.instruments.break_glass;
    if (about_->on_logged_in) about_->on_logged_in();
    auto results = context.getResults();
    write_about(*holder, results.initAbout());
    auto entered = holder->enter(holder->entry(engine::Act::login));
    results.setSession(make_session(std::move(holder), std::move(object).value(), kj::mv(ended)));
    return entered;
  }

  // Who was not let in is in the audit too, under the name that was proved or that they claimed, with what they asked to be.
  kj::Promise<void> refuse(std::string who, const Asked& asked, kj::Exception why) {
    ++services_.instruments.logins_refused;
    ++about_->refusals;
    if (services_.log) services_.log->write(LogLevel::warning, LogEvent::login_refused);
    engine::AuditEntry entry;
    entry.act = engine::Act::login;
    entry.outcome = engine::AuditOutcome::denied;
    entry.fault = Fault::denied;
    entry.who = std::move(who);
    // Words that an erasure does not reach are those of the closed lists.
    if (engine::parse_role(asked.role)) entry.role = asked.role;
    if (engine::parse_purpose(asked.purpose)) entry.purpose = asked.purpose;
    entry.reason = asked.reason;
    entry.text = asked.patient.empty() ? asked.project : asked.patient;
    return services_.auditor.enter(std::move(entry)).then([why = kj::mv(why)]() mutable -> kj::Promise<void> {
      return kj::mv(why);
    });
  }

  Services& services_;
  Doorkeeper& keeper_;
  std::shared_ptr<ConnectionAbout> about_;
};

}  // namespace

wire::Door::Client make_door(Services& services, Doorkeeper& keeper, std::shared_ptr<ConnectionAbout> about) {
  return kj::heap<DoorServer>(services, keeper, std::move(about));
}

}  // namespace chartline::server
