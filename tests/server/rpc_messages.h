// What a client's library would send, made by hand: for those who say other things afterwards than a library would.
#pragma once

#include <capnp/message.h>
#include <capnp/rpc.capnp.h>
#include <capnp/serialize.h>

#include <string>

#include "formats/wire/chartline.capnp.h"

namespace chartline::server {

inline std::string framed(capnp::MessageBuilder& message) {
  const auto words = capnp::messageToFlatArray(message);
  return {words.asChars().begin(), words.asChars().size()};
}

// "Who is at the door?", question 0, and, before the answer has come, "let me in", question 1.
inline std::string login_messages() {
  capnp::MallocMessageBuilder first, second;
  first.initRoot<capnp::rpc::Message>().initBootstrap().setQuestionId(0);
  auto call = second.initRoot<capnp::rpc::Message>().initCall();
  call.setQuestionId(1);
  call.initTarget().initPromisedAnswer().setQuestionId(0);
  call.setInterfaceId(capnp::typeId<wire::Door>());
  call.setMethodId(0);
  auto params = call.initParams().getContent().initAs<wire::Door::LoginParams>();
  params.initCredential().setNone();
  params.initRequest();
  return framed(first) + framed(second);
}

// A call of the session that question 1 gives.
template <typename Params, typename Fill>
std::string session_call(std::uint32_t question, std::uint16_t method, Fill fill) {
  capnp::MallocMessageBuilder message;
  auto call = message.initRoot<capnp::rpc::Message>().initCall();
  call.setQuestionId(question);
  auto target = call.initTarget().initPromisedAnswer();
  target.setQuestionId(1);
  target.initTransform(1)[0].setGetPointerField(0);
  call.setInterfaceId(capnp::typeId<wire::Session>());
  call.setMethodId(method);
  fill(call.initParams().getContent().template initAs<Params>());
  return framed(message);
}

inline std::string timeline_call(std::uint32_t question, const std::string& patient) {
  return session_call<wire::Session::TimelineParams>(question, 1, [&](auto params) {
    params.setPatient(patient);
    params.initFilter();
    params.setLimit(10'000);
    params.setWantPerson(true);
  });
}

inline std::string prepare_call(std::uint32_t question, const std::string& text) {
  return session_call<wire::Session::PrepareParams>(question, 4,
                                                    [&](auto params) { params.setText(text), params.initOptions(); });
}

}  // namespace chartline::server
