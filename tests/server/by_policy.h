// A door that lets in whoever says so, as the role and for the purpose that they ask for, if the policy grants it; and what tests of
// sessions have in common.
#pragma once

#include <capnp/ez-rpc.h>

#include <functional>
#include <string>
#include <utility>

#include "engine/trust/policy.h"
#include "formats/wire/chartline.capnp.h"
#include "formats/wire/failure.h"
#include "server/doorkeeper.h"
#include "tests/canary/tellings.h"

namespace chartline::server {

class ByPolicy final : public Doorkeeper {
 public:
  explicit ByPolicy(engine::Policy policy) : policy_(std::move(policy)) {}
  void look_at(engine::Store& store) { store_ = &store; }

  Result<Admitted> admit(const Shown& shown, const Asked& asked, Micros now) override {
    engine::Claims claims;
    claims.user = shown.user;
    claims.roles = {asked.role};
    claims.organisation = "RYJ";
    claims.patient = "test|ann";
    engine::AccessRequest request;
    request.role = asked.role, request.purpose = asked.purpose, request.project = asked.project;
    const auto grant = TRY(policy_.decide(claims, request, *store_, now));
    return Admitted{
        .user = shown.user, .role = asked.role, .purpose = asked.purpose, .project = asked.project, .grant = grant};
  }

 private:
  engine::Policy policy_;
  engine::Store* store_ = nullptr;
};

// A clinician for whom the organisation RYJ has seen somebody, and what else stands in the policy; its key file is the project's key.
inline engine::Policy policy_of(const std::string& roles) {
  const std::string head =
      "version = 1\nname = \"tests\"\n[[relationships]]\nname = \"seen here\"\nevent_within_days = 30000\n";
  const std::string tail = "[opt_outs]\nnone = true\n[deidentification]\nkey_file = \"key\"\n";
  return engine::Policy::parse(
             head + roles + tail, "policy.toml",
             [](const std::string&) -> Result<std::string> {
               return std::string("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n");
             })
      .value();
}

inline wire::Session::Client log_in(capnp::EzRpcClient& client, const std::string& user, const std::string& role,
                                    const std::string& purpose, const std::string& project = {}) {
  auto login = client.getMain<wire::Door>().loginRequest();
  login.initCredential().initPassword().setUser(user);
  auto request = login.initRequest();
  request.setRole(role);
  request.setPurpose(purpose);
  request.setProject(project);
  return login.send().getSession();
}

// "done" and what the call gave, or the fault and its words.
inline std::pair<std::string, std::string> outcome(kj::WaitScope& scope,
                                                   const std::function<kj::Promise<std::string>()>& call) {
  std::string text;
  const auto thrown = kj::runCatchingExceptions([&] { text = call().wait(scope); });
  KJ_IF_MAYBE (exception, thrown) {
    const Error error = wire::read_failure(exception->getDescription().cStr());
    keep_telling("error", error.message);
    return {std::string(name(error.fault)), error.message};
  }
  return {"done", text};
}

}  // namespace chartline::server
