// What each command runs; one file each. What they find wrong comes back as an Error, results are written to the console.
#pragma once

#include "base/result.h"
#include "cli/command.h"
#include "cli/console.h"
#include "cli/options.h"

namespace chartline::cli {

using Run = Result<void>(const Invocation&, Console&);

Run run_audit_head, run_audit_prove, run_audit_report, run_audit_show, run_audit_verify, run_audit_verify_proof,
    run_backup, run_changes, run_check, run_codes_import, run_codes_list, run_codes_remove, run_codes_show,
    run_codes_terminology, run_codes_versions, run_cohort_attrition, run_cohort_import, run_cohort_list,
    run_cohort_remove, run_cohort_run, run_cohort_save, run_cohort_show, run_cohort_watch, run_completion,
    run_config_show, run_deid_report, run_demo, run_erase, run_events, run_hash, run_help, run_import, run_init,
    run_inspect_key, run_inspect_run, run_inspect_stats, run_link, run_man, run_policy_show, run_policy_test, run_query,
    run_restore, run_scrub, run_serve, run_shell, run_synth, run_timeline, run_token, run_unlink, run_user_add,
    run_user_list, run_user_passwd, run_user_remove, run_version;

}  // namespace chartline::cli
