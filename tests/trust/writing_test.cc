// What may be written by whom.
#include "engine/trust/writing.h"

#include <gtest/gtest.h>

#include "tests/trust/trust_store.h"

namespace chartline::engine {
namespace {

class Writing : public testing::Test {
 protected:
  Writing() {
    own_ = store_.add("mrn|1");
    store_.add("mrn|2");
  }
  View view(Role role, Rights rights) {
    Grant grant;
    grant.user = "u", grant.organisation = "RYJ", grant.role = role, grant.rights = rights;
    grant.patients.add(own_);
    return store_.store().view().narrowed(seal(std::move(grant)));
  }
  std::string write(const View& view, record::Event event, const std::vector<record::Identifier>& identifiers) {
    const record::Record record{.identifiers = identifiers, .events = {&event, 1}};
    const auto may = may_write(view, {&record, 1});
    EXPECT_TRUE(may || may.error().fault == Fault::denied);
    return may ? "" : may.error().message;
  }

  TrustStore store_;
  PatientRef own_;
};

TEST_F(Writing, ASourceSystemWritesForItsOrganisation) {
  const View feed = view(Role::source_system, mask(Right::write_own_organisation));
  record::Event event{.kind = record::Kind::encounter};
  event.source.organisation = "RYJ";
  EXPECT_EQ(write(feed, event, {{"mrn", "3"}}), "");
  event.source.organisation = "RXX";
  EXPECT_EQ(write(feed, event, {{"mrn", "3"}}), "record 1: its source is not the organisation of the session");
  event.source.organisation = "";
  EXPECT_EQ(write(feed, event, {{"mrn", "3"}}), "record 1: its source is not the organisation of the session");
}

TEST_F(Writing, WhoMayNotWriteWritesNothing) {
  record::Event event{.kind = record::Kind::encounter};
  event.source.organisation = "RYJ";
  EXPECT_EQ(write(view(Role::clinician, mask(Right::rows)), event, {{"mrn", "1"}}),
            "this session may not have contribute: as clinician for direct_care it may have rows");
  EXPECT_EQ(write(store_.store().view(), event, {{"mrn", "1"}}), "") << "no grant: the owner of the store";
}

TEST_F(Writing, EachCarerHasASourceOfTheirOwn) {
  Grant ann, ben, patient;
  ann.role = ben.role = Role::carer, patient.role = Role::patient;
  ann.user = "ann", ben.user = "ben", patient.user = "ann";
  EXPECT_NE(contribution_system(ann), contribution_system(ben));
  EXPECT_EQ(contribution_system(ann), contribution_system(ann));
  EXPECT_EQ(contribution_system(ann).find("ann"), std::string::npos)
      << "names of sources are the store's: they name nobody";
  EXPECT_EQ(contribution_system(patient), "contribution");
}

TEST_F(Writing, APatientAddsToTheOwnRecordMarkedAsTheirWord) {
  const View mine = view(Role::patient, mask(Right::contribute));
  record::Event event{.kind = record::Kind::observation, .author = record::Author::patient};
  event.source = {.organisation = "patient", .system = "contribution"};
  EXPECT_EQ(write(mine, event, {{"mrn", "1"}}), "");
  const std::string nobody = "record 1: it is of nobody whom the session sees";
  EXPECT_EQ(write(mine, event, {{"mrn", "2"}}), nobody);
  EXPECT_EQ(write(mine, event, {{"mrn", "3"}}), nobody) << "nor does it make anybody";
  EXPECT_EQ(write(mine, event, {{"nhs", "1"}}), nobody);
  EXPECT_EQ(write(mine, event, {{"mrn", "1"}, {"nhs", "7"}}), "record 1: it names its person by one identifier");
  EXPECT_EQ(write(mine, event, {}), "record 1: it names its person by one identifier");
  record::Event wrong = event;
  wrong.author = record::Author::clinician;
  EXPECT_EQ(write(mine, wrong, {{"mrn", "1"}}), "record 1: its author is not who contributes it");
  wrong = event, wrong.source.organisation = "RYJ";
  const std::string source =
      "record 1: its source is not that of contributions: organisation the role, system that of who contributes";
  EXPECT_EQ(write(mine, wrong, {{"mrn", "1"}}), source) << "or it would take the place of what others recorded";
  wrong = event, wrong.source.system = "v";
  EXPECT_EQ(write(mine, wrong, {{"mrn", "1"}}), source);
  wrong = event, wrong.kind = record::Kind::patient;
  EXPECT_EQ(write(mine, wrong, {{"mrn", "1"}}), "record 1: who the person is cannot be contributed");
  const View carer = view(Role::carer, mask(Right::contribute));
  EXPECT_EQ(write(carer, event, {{"mrn", "1"}}), "record 1: its author is not who contributes it");
  event.author = record::Author::carer;
  event.source.organisation = "carer";
  EXPECT_EQ(write(carer, event, {{"mrn", "1"}}), source) << "nor under the source of other carers";
  const std::string own = contribution_system(*carer.grant());
  event.source.system = own;
  EXPECT_EQ(write(carer, event, {{"mrn", "1"}}), "");
}

}  // namespace
}  // namespace chartline::engine
