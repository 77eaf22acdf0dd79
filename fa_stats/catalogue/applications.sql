-- statement: applications
--   One row is one application. Its document (about 3 KB) holds most of its settings. One stat also looks at the
--   application's tenant, so this statement and `tenants` run as one query, and each table is still read once.
--   group: application
--   kind: count
--   since: 1.55.1
--   privacy: count
--   confidence: inferred
--   within: applicationNumber
--   why: Shows how many applications use the feature, and so how widely it is taken up.
--   ambiguity: whether inactive / pending-delete applications and the built-in admin and tenant-manager applications
--     are counted is not documented

WITH
-- One row for each application that anybody ever logged into.
logins AS (
  SELECT
    hourly_logins.applications_id AS applications_id,
    sum(CASE WHEN hourly_logins.hour >= :month_first_hour AND hourly_logins.hour < :month_end_hour THEN hourly_logins.count END)
      AS this_month
  FROM hourly_logins
  GROUP BY hourly_logins.applications_id
),
-- The logins of all applications, of those that are gone too. One row, but not known as such beforehand: MySQL works
-- out what is sure to be one row while it plans, and would read the table for that alone.
total AS (
  SELECT DISTINCT sum(logins.this_month) OVER () AS logins
  FROM logins
),
roles AS (
  SELECT application_roles.applications_id AS applications_id, count(application_roles.id) AS number
  FROM application_roles
  GROUP BY application_roles.applications_id
),
simple_themes AS (
  SELECT themes.id AS id
  FROM themes
  WHERE text(themes.data, 'type') = 'simple'
),
-- Forms with a step that verifies an e-mail address (1) or a phone number (2); the column is expected from 1.62.0.
verifying_forms AS (
  SELECT form_steps.forms_id AS id
  FROM form_steps
  WHERE form_steps.type IN (1, 2)
  GROUP BY form_steps.forms_id
)

SELECT
  -- applicationAccessTokenPopulateLambda: Number of applications that name a access-token populate lambda.
  --   setting: 1.6.0
  --   why: Shows which tokens and answers applications shape with code of their own.
  count(applications.access_token_populate_lambdas_id) AS applicationAccessTokenPopulateLambda,

  -- applicationActiveLoggedIntoNumber: Active applications with at least one row in hourly_logins (over the
  --     API: applicationTotals logins above zero).
  --   within: applicationActiveNumber
  --   confidence: ambiguous
  --   ambiguity: login source table and time window (ever, retained records, recent) are not documented; sample
  --     100 of 101 could mean one application never logged into or the admin application excluded;
  --     login records may be purged by retention, the aggregated hourly_logins are not documented as
  --     purged
  count_if(applications.active AND logins.applications_id IS NOT NULL) AS applicationActiveLoggedIntoNumber,

  -- applicationActiveNumber: Number of applications whose state is active.
  --   setting: state 1.22.0; active before 1.7 | confidence: documented
  --   why: The size of the instance, against which every other application figure is read.
  --   ambiguity: built-in applications appear to be included (sample: 101 = 100 created + 1 built-in);
  --     universal applications (1.58+) belong to no tenant
  count_if(applications.active) AS applicationActiveNumber,

  -- applicationActiveRoleNumber: Rows of application_roles whose application is active, the built-in admin
  --     application (3c219e58-ed0e-4b18-ad48-f4f92793ae32) and the tenant manager
  --     (instance.tenant_manager_applications_id) left out.
  --   within: none
  --   confidence: ambiguous
  --   ambiguity: sample value is 200 with 100 created applications plus the built-in admin application, which
  --     itself owns a fixed set of roles, so either built-in roles are left out or only roles in use
  --     are counted (user_registrations_application_roles / group_application_roles)
  coalesce(
    sum(
      CASE
        WHEN applications.active
          AND applications.id NOT IN (uuid('3c219e58-ed0e-4b18-ad48-f4f92793ae32'), uuid(:tenant_manager))
        THEN roles.number
      END
    ),
    0
  ) AS applicationActiveRoleNumber,

  -- applicationActsAsSamlv2Idp: Number of applications for which FusionAuth acts as a SAML v2 identity
  --     provider.
  --   setting: 1.6.0
  count_if(flag(applications.data, 'samlv2Configuration.enabled')) AS applicationActsAsSamlv2Idp,

  -- applicationAdvancedSelfServiceRegistrationEnabled: Number of applications with self-service registration on
  --     and of type advanced (custom form).
  --   setting: type 1.18.0 | plan: paid plan (advanced registration forms)
  --   ambiguity: complete-registration mode (1.65.0) is a separate flag ignored when enabled is true; whether
  --     inactive / pending-delete applications and the built-in admin and tenant-manager applications
  --     are counted is not documented
  count_if(
    flag(applications.data, 'registrationConfiguration.enabled')
    AND text(applications.data, 'registrationConfiguration.type') = 'advanced'
  ) AS applicationAdvancedSelfServiceRegistrationEnabled,

  -- applicationBasicSelfServiceRegistrationEnabled: Applications with registrationConfiguration.enabled and
  --     type basic (a missing type is basic), whatever the login
  --     identifier.
  --   setting: 1.4.0; type 1.18.0
  --   ambiguity: whether basic registration by phone number is counted here too or only in its own stat is not
  --     documented; whether inactive / pending-delete applications and the built-in admin and
  --     tenant-manager applications are counted is not documented
  count_if(
    flag(applications.data, 'registrationConfiguration.enabled')
    AND (
      NOT present(applications.data, 'registrationConfiguration.type')
      OR text(applications.data, 'registrationConfiguration.type') = 'basic'
    )
  ) AS applicationBasicSelfServiceRegistrationEnabled,

  -- applicationCustomSelfServiceAccountForm: Number of applications that use a custom self-service account
  --     form.
  --   setting: 1.26.0 | plan: paid plan (custom forms)
  count(applications.self_service_user_forms_id) AS applicationCustomSelfServiceAccountForm,

  -- applicationAdvancedSelfServiceRegistrationPreVerified: Number of applications with advanced self-service
  --     registration whose form contains an identity
  --     verification step before the user is created.
  --   within: applicationAdvancedSelfServiceRegistrationEnabled
  --   since: after 1.55; version not published | setting: 1.62.0 | plan: paid plan (advanced registration forms)
  --   ambiguity: feature (issue 3278) is newer than the 1.59.1 the sample claims; no timing in the sample; must
  --     be 0/absent on older schemas
  count_if(
    flag(applications.data, 'registrationConfiguration.enabled')
    AND text(applications.data, 'registrationConfiguration.type') = 'advanced'
    AND verifying_forms.id IS NOT NULL
  ) AS applicationAdvancedSelfServiceRegistrationPreVerified,

  -- applicationCustomThemeUsed: Applications with a themes_id.
  --   setting: 1.27.0 | plan: paid plan (application themes)
  --   ambiguity: an application that explicitly selects the stock theme 75a068fd-e94b-451a-9aeb-3ddb9a3b5987
  --     may or may not count; whether inactive / pending-delete applications and the built-in admin
  --     and tenant-manager applications are counted is not documented
  count(applications.themes_id) AS applicationCustomThemeUsed,

  -- applicationEmailUpdateTemplate: Number of applications that select a template of their own for the email:
  --     notice that the email address was changed.
  --   setting: 1.30.0 | plan: Enterprise (advanced threat detection)
  --   why: Shows which messages applications word for themselves, before the stock wording or its events
  --     change.
  count(applications.email_update_email_templates_id) AS applicationEmailUpdateTemplate,

  -- applicationEmailVerificationTemplate: Number of applications that select a template of their own for the
  --     email: email-address verification.
  --   setting: 1.19.0
  --   why: Shows which messages applications word for themselves, before the stock wording or its events
  --     change.
  count(applications.email_verification_email_templates_id) AS applicationEmailVerificationTemplate,

  -- applicationEmailVerifiedTemplate: Number of applications that select a template of their own for the email:
  --     notice that the email address is now verified.
  --   setting: 1.19.0 in docs
  --   why: Shows which messages applications word for themselves, before the stock wording or its events
  --     change.
  --   ambiguity: docs say 1.19.0, field first appears in the 1.30.0 client domain; whether inactive /
  --     pending-delete applications and the built-in admin and tenant-manager applications are counted
  --     is not documented
  count(applications.email_verified_email_templates_id) AS applicationEmailVerifiedTemplate,

  -- applicationForgotPasswordTemplate: Number of applications that select a template of their own for the
  --     email: forgot-password message.
  --   setting: 1.19.0
  --   why: Shows which messages applications word for themselves, before the stock wording or its events
  --     change.
  count(applications.forgot_password_email_templates_id) AS applicationForgotPasswordTemplate,

  -- applicationIdTokenPopulateLambda: Number of applications that name a id-token populate lambda.
  --   setting: 1.6.0
  --   why: Shows which tokens and answers applications shape with code of their own.
  count(applications.id_token_populate_lambdas_id) AS applicationIdTokenPopulateLambda,

  -- applicationLoggedInApplicationsUsingSimpleThemes: Applications with at least one row in hourly_logins and a
  --     theme of their own whose themes.data type is simple.
  --   within: applicationCustomThemeUsed
  --   setting: simple themes 1.51.0 | plan: paid plan (application themes) | confidence: ambiguous
  --   ambiguity: login source, time window and whether inactive applications count are not documented; themes
  --     without a type key are advanced
  count_if(logins.applications_id IS NOT NULL AND own_theme.id IS NOT NULL) AS applicationLoggedInApplicationsUsingSimpleThemes,

  -- applicationLoginApiAuthenticationDisabled: Applications whose loginConfiguration.requireAuthentication is
  --     false (a missing key means true).
  --   setting: 1.5.0
  count_if(off(applications.data, 'loginConfiguration.requireAuthentication')) AS applicationLoginApiAuthenticationDisabled,

  -- applicationLoginApiRefreshTokensEnabled: Number of applications whose Login API issues refresh tokens.
  --   setting: 1.5.0
  --   ambiguity: allowTokenRefresh is a sibling flag with a different meaning and is the less likely source;
  --     whether inactive / pending-delete applications and the built-in admin and tenant-manager
  --     applications are counted is not documented
  count_if(flag(applications.data, 'loginConfiguration.generateRefreshTokens')) AS applicationLoginApiRefreshTokensEnabled,

  -- applicationLoginIdInUseOnCreateTemplate: Number of applications that select a template of their own for the
  --     email: warning that someone tried to register a login id already
  --     in use.
  --   setting: 1.30.0 | plan: Enterprise (advanced threat detection)
  --   why: Shows which messages applications word for themselves, before the stock wording or its events
  --     change.
  count(applications.login_id_in_use_on_create_email_templates_id) AS applicationLoginIdInUseOnCreateTemplate,

  -- applicationLoginIdInUseOnUpdateTemplate: Number of applications that select a template of their own for the
  --     email: warning that someone tried to change to a login id already
  --     in use.
  --   setting: 1.30.0 | plan: Enterprise (advanced threat detection)
  --   why: Shows which messages applications word for themselves, before the stock wording or its events
  --     change.
  count(applications.login_id_in_use_on_update_email_templates_id) AS applicationLoginIdInUseOnUpdateTemplate,

  -- applicationLoginNewDevice: Number of applications that select a template of their own for the email: notice
  --     of a login from a new device.
  --   setting: 1.30.0 | plan: Enterprise (advanced threat detection)
  --   why: Shows which messages applications word for themselves, before the stock wording or its events
  --     change.
  --   ambiguity: stat name lacks the Template suffix; whether inactive / pending-delete applications and the
  --     built-in admin and tenant-manager applications are counted is not documented
  count(applications.login_new_device_email_templates_id) AS applicationLoginNewDevice,

  -- applicationLoginSuspiciousEmailTemplate: Number of applications that select a template of their own for the
  --     email: notice of a suspicious login.
  --   setting: 1.30.0 | plan: Enterprise (advanced threat detection)
  --   why: Shows which messages applications word for themselves, before the stock wording or its events
  --     change.
  count(applications.login_suspicious_email_templates_id) AS applicationLoginSuspiciousEmailTemplate,

  -- applicationMagicLinks: Number of applications with passwordless login switched on.
  --   setting: 1.5.0
  --   ambiguity: since 1.59/1.64 passwordless may also be by SMS or by code, so the name no longer means links
  --     only; whether inactive / pending-delete applications and the built-in admin and tenant-manager
  --     applications are counted is not documented
  count_if(flag(applications.data, 'passwordlessConfiguration.enabled')) AS applicationMagicLinks,

  -- applicationMfaLambdasConfigured: Number of applications that name an MFA-requirement lambda.
  --   since: after 1.55; version not published | setting: 1.62.0 | plan: Enterprise
  --   why: Shows which tokens and answers applications shape with code of their own.
  --   ambiguity: no timing in the sample although present in stats; whether inactive / pending-delete
  --     applications and the built-in admin and tenant-manager applications are counted is not
  --     documented
  count(applications.multi_factor_requirement_lambdas_id) AS applicationMfaLambdasConfigured,

  -- applicationMfaPolicy: Applications whose document carries multiFactorConfiguration.loginPolicy.
  --   setting: 1.37.0 | plan: Enterprise until 1.67; Intelligent MFA policies (1.68.0) on paid plans
  --   ambiguity: an explicit value Disabled is still an override; it could alternatively mean only
  --     Enabled/Required; since 1.49.0 the admin application may set it without a licence; whether
  --     inactive / pending-delete applications and the built-in admin and tenant-manager applications
  --     are counted is not documented
  count_if(present(applications.data, 'multiFactorConfiguration.loginPolicy')) AS applicationMfaPolicy,

  -- applicationMultiFactorEmailMessageTemplate: Number of applications that select a template of their own for
  --     the email: multi-factor code by email.
  --   setting: 1.26.0
  --   why: Shows which messages applications word for themselves, before the stock wording or its events
  --     change.
  --   ambiguity: JSON document also shows multiFactorConfiguration.email as an (empty) object; the id itself
  --     lives in the column; whether inactive / pending-delete applications and the built-in admin and
  --     tenant-manager applications are counted is not documented
  count(applications.multi_factor_email_message_templates_id) AS applicationMultiFactorEmailMessageTemplate,

  -- applicationMultiFactorSmsMessageTemplate: Number of applications that select a template of their own for
  --     the text message: multi-factor code by SMS.
  --   setting: 1.26.0
  --   why: Shows which messages applications word for themselves, before the stock wording or its events
  --     change.
  count(applications.multi_factor_sms_message_templates_id) AS applicationMultiFactorSmsMessageTemplate,

  -- applicationNumber: Number of applications of any state.
  --   within: none
  --   confidence: documented
  --   why: The size of the instance, against which every other application figure is read.
  --   ambiguity: built-in applications appear to be included (sample 101)
  count(applications.id) AS applicationNumber,

  -- applicationPasswordResetSuccessTemplate: Number of applications that select a template of their own for the
  --     email: notice that a password reset was completed.
  --   setting: 1.30.0 | plan: Enterprise (advanced threat detection)
  --   why: Shows which messages applications word for themselves, before the stock wording or its events
  --     change.
  count(applications.password_reset_success_email_templates_id) AS applicationPasswordResetSuccessTemplate,

  -- applicationPasswordUpdateTemplate: Number of applications that select a template of their own for the
  --     email: notice that the password was changed.
  --   setting: 1.30.0 | plan: Enterprise (advanced threat detection)
  --   why: Shows which messages applications word for themselves, before the stock wording or its events
  --     change.
  count(applications.password_update_email_templates_id) AS applicationPasswordUpdateTemplate,

  -- applicationPasswordlessTemplate: Number of applications that select a template of their own for the email:
  --     passwordless login message.
  --   setting: 1.19.0
  --   why: Shows which messages applications word for themselves, before the stock wording or its events
  --     change.
  count(applications.passwordless_email_templates_id) AS applicationPasswordlessTemplate,

  -- applicationBasicSelfServicePhoneRegistrationEnabled: Applications with registrationConfiguration.enabled,
  --     type basic and loginIdType phoneNumber.
  --   within: applicationBasicSelfServiceRegistrationEnabled
  --   since: after 1.55; version not published | setting: 1.59.0
  count_if(
    flag(applications.data, 'registrationConfiguration.enabled')
    AND (
      NOT present(applications.data, 'registrationConfiguration.type')
      OR text(applications.data, 'registrationConfiguration.type') = 'basic'
    )
    AND text(applications.data, 'registrationConfiguration.loginIdType') = 'phoneNumber'
  ) AS applicationBasicSelfServicePhoneRegistrationEnabled,

  -- applicationRefreshTokenGracePeriodEnabled: Applications whose
  --     jwtConfiguration.refreshTokenOneTimeUseConfiguration.gracePeriodInSeconds
  --     is above zero.
  --   since: 1.59.0 | setting: 1.55.1 (docs); domain 1.55.0 | confidence: ambiguous
  --   ambiguity: may further require jwtConfiguration.enabled = true and refreshTokenUsagePolicy = OneTimeUse;
  --     release note for 1.59.0 (issue 3132) speaks of application refresh tokens
  count_if(number(applications.data, 'jwtConfiguration.refreshTokenOneTimeUseConfiguration.gracePeriodInSeconds') > 0) AS applicationRefreshTokenGracePeriodEnabled,

  -- applicationSamlv2PopulateLambda: Number of applications that name a SAML v2 response populate lambda.
  --   setting: 1.6.0
  --   why: Shows which tokens and answers applications shape with code of their own.
  count(applications.samlv2_populate_lambdas_id) AS applicationSamlv2PopulateLambda,

  -- applicationSelfServiceRegistrationValidationLambda: Number of applications that name a self-service
  --     registration validation lambda.
  --   setting: 1.43.0 | plan: paid plan (custom forms)
  --   why: Shows which tokens and answers applications shape with code of their own.
  count(applications.self_service_registration_validation_lambdas_id) AS applicationSelfServiceRegistrationValidationLambda,

  -- applicationSetPasswordTemplate: Number of applications that select a template of their own for the email:
  --     invitation to set a first password.
  --   setting: 1.19.0
  --   why: Shows which messages applications word for themselves, before the stock wording or its events
  --     change.
  count(applications.set_password_email_templates_id) AS applicationSetPasswordTemplate,

  -- applicationForgotPasswordPhoneTemplate: Number of applications that select a template of their own for the
  --     text message: forgot-password message.
  --   since: after 1.55; version not published | setting: 1.59.0
  --   why: Shows which messages applications word for themselves, before the stock wording or its events
  --     change.
  count(applications.phone_configuration_forgot_password_templates_id) AS applicationForgotPasswordPhoneTemplate,

  -- applicationIdentityUpdatePhoneTemplate: Number of applications that select a template of their own for the
  --     text message: notice that the phone number was changed.
  --   since: after 1.55; version not published | setting: 1.59.0
  --   why: Shows which messages applications word for themselves, before the stock wording or its events
  --     change.
  count(applications.phone_configuration_identity_update_templates_id) AS applicationIdentityUpdatePhoneTemplate,

  -- applicationLoginIdInUseOnCreatePhoneTemplate: Number of applications that select a template of their own
  --     for the text message: warning that someone tried to register
  --     a login id already in use.
  --   since: after 1.55; version not published | setting: 1.59.0 | plan: Enterprise (advanced threat detection)
  --   why: Shows which messages applications word for themselves, before the stock wording or its events
  --     change.
  count(applications.phone_configuration_login_id_in_use_on_create_templates_id) AS applicationLoginIdInUseOnCreatePhoneTemplate,

  -- applicationLoginIdInUseOnUpdatePhoneTemplate: Number of applications that select a template of their own
  --     for the text message: warning that someone tried to change to
  --     a login id already in use.
  --   since: after 1.55; version not published | setting: 1.59.0 | plan: Enterprise (advanced threat detection)
  --   why: Shows which messages applications word for themselves, before the stock wording or its events
  --     change.
  count(applications.phone_configuration_login_id_in_use_on_update_templates_id) AS applicationLoginIdInUseOnUpdatePhoneTemplate,

  -- applicationLoginNewDevicePhoneTemplate: Number of applications that select a template of their own for the
  --     text message: notice of a login from a new device.
  --   since: after 1.55; version not published | setting: 1.59.0 | plan: Enterprise (advanced threat detection)
  --   why: Shows which messages applications word for themselves, before the stock wording or its events
  --     change.
  count(applications.phone_configuration_login_new_device_templates_id) AS applicationLoginNewDevicePhoneTemplate,

  -- applicationLoginSuspiciousPhoneTemplate: Number of applications that select a template of their own for the
  --     text message: notice of a suspicious login.
  --   since: after 1.55; version not published | setting: 1.59.0 | plan: Enterprise (advanced threat detection)
  --   why: Shows which messages applications word for themselves, before the stock wording or its events
  --     change.
  count(applications.phone_configuration_login_suspicious_templates_id) AS applicationLoginSuspiciousPhoneTemplate,

  -- applicationPasswordlessPhoneTemplate: Number of applications that select a template of their own for the
  --     text message: passwordless login message.
  --   since: after 1.55; version not published | setting: 1.59.0
  --   why: Shows which messages applications word for themselves, before the stock wording or its events
  --     change.
  count(applications.phone_configuration_passwordless_templates_id) AS applicationPasswordlessPhoneTemplate,

  -- applicationPasswordResetSuccessPhoneTemplate: Number of applications that select a template of their own
  --     for the text message: notice that a password reset was
  --     completed.
  --   since: after 1.55; version not published | setting: 1.59.0 | plan: Enterprise (advanced threat detection)
  --   why: Shows which messages applications word for themselves, before the stock wording or its events
  --     change.
  count(applications.phone_configuration_password_reset_success_templates_id) AS applicationPasswordResetSuccessPhoneTemplate,

  -- applicationPasswordUpdatePhoneTemplate: Number of applications that select a template of their own for the
  --     text message: notice that the password was changed.
  --   since: after 1.55; version not published | setting: 1.59.0 | plan: Enterprise (advanced threat detection)
  --   why: Shows which messages applications word for themselves, before the stock wording or its events
  --     change.
  count(applications.phone_configuration_password_update_templates_id) AS applicationPasswordUpdatePhoneTemplate,

  -- applicationSetPasswordPhoneTemplate: Number of applications that select a template of their own for the
  --     text message: invitation to set a first password.
  --   since: after 1.55; version not published | setting: 1.59.0
  --   why: Shows which messages applications word for themselves, before the stock wording or its events
  --     change.
  count(applications.phone_configuration_set_password_templates_id) AS applicationSetPasswordPhoneTemplate,

  -- applicationTwoFactorMethodAddPhoneTemplate: Number of applications that select a template of their own for
  --     the text message: notice that a multi-factor method was added.
  --   since: after 1.55; version not published | setting: 1.59.0 | plan: Enterprise (advanced threat detection)
  --   why: Shows which messages applications word for themselves, before the stock wording or its events
  --     change.
  count(applications.phone_configuration_two_factor_method_add_templates_id) AS applicationTwoFactorMethodAddPhoneTemplate,

  -- applicationTwoFactorMethodRemovePhoneTemplate: Number of applications that select a template of their own
  --     for the text message: notice that a multi-factor method was
  --     removed.
  --   since: after 1.55; version not published | setting: 1.59.0 | plan: Enterprise (advanced threat detection)
  --   why: Shows which messages applications word for themselves, before the stock wording or its events
  --     change.
  count(applications.phone_configuration_two_factor_method_remove_templates_id) AS applicationTwoFactorMethodRemovePhoneTemplate,

  -- applicationVerificationCompletePhoneTemplate: Number of applications that select a template of their own
  --     for the text message: notice that the phone number is now
  --     verified.
  --   since: after 1.55; version not published | setting: 1.59.0
  --   why: Shows which messages applications word for themselves, before the stock wording or its events
  --     change.
  count(applications.phone_configuration_verification_complete_templates_id) AS applicationVerificationCompletePhoneTemplate,

  -- applicationVerificationPhoneTemplate: Number of applications that select a template of their own for the
  --     text message: phone-number verification.
  --   since: after 1.55; version not published | setting: 1.59.0
  --   why: Shows which messages applications word for themselves, before the stock wording or its events
  --     change.
  count(applications.phone_configuration_verification_templates_id) AS applicationVerificationPhoneTemplate,

  -- applicationThirdParty: Number of applications declared third party.
  --   setting: 1.50.0 | plan: Essentials or Enterprise (third-party applications) | confidence: documented
  count_if(text(applications.data, 'oauthConfiguration.relationship') = 'ThirdParty') AS applicationThirdParty,

  -- applicationTwoFactorMethodAddTemplate: Number of applications that select a template of their own for the
  --     email: notice that a multi-factor method was added.
  --   setting: 1.30.0 | plan: Enterprise (advanced threat detection)
  --   why: Shows which messages applications word for themselves, before the stock wording or its events
  --     change.
  count(applications.two_factor_method_add_email_templates_id) AS applicationTwoFactorMethodAddTemplate,

  -- applicationTwoFactorMethodRemoveTemplate: Number of applications that select a template of their own for
  --     the email: notice that a multi-factor method was removed.
  --   setting: 1.30.0 | plan: Enterprise (advanced threat detection)
  --   why: Shows which messages applications word for themselves, before the stock wording or its events
  --     change.
  count(applications.two_factor_method_remove_email_templates_id) AS applicationTwoFactorMethodRemoveTemplate,

  -- applicationUserinfoPopulateLambda: Number of applications that name a UserInfo response populate lambda.
  --   setting: 1.50.0
  --   why: Shows which tokens and answers applications shape with code of their own.
  count(applications.userinfo_populate_lambdas_id) AS applicationUserinfoPopulateLambda,

  -- applicationVerificationTemplate: Number of applications that select a template of their own for the email:
  --     registration verification.
  --   setting: before 1.7.0
  --   why: Shows which messages applications word for themselves, before the stock wording or its events
  --     change.
  --   ambiguity: registration-verification email of the application (not the email-address verification one);
  --     setting exists since before 1.7.0; registration verification is deprecated since 1.59.0;
  --     whether inactive / pending-delete applications and the built-in admin and tenant-manager
  --     applications are counted is not documented
  count(applications.verification_email_templates_id) AS applicationVerificationTemplate,

  -- tenantLoggedInApplicationsUsingSimpleThemesFromTenant: Applications with at least one row in hourly_logins,
  --     no theme of their own, and a tenant whose theme type
  --     is simple.
  --   group: tenant | setting: simple themes 1.51.0 | confidence: ambiguous
  --   ambiguity: could count tenants instead of applications; universal applications have no tenant; login
  --     source and window as for applicationActiveLoggedIntoNumber
  count_if(
    logins.applications_id IS NOT NULL AND applications.themes_id IS NULL AND tenant_theme.id IS NOT NULL
  ) AS tenantLoggedInApplicationsUsingSimpleThemesFromTenant,

  -- monthlyLogins: Logins of all applications in the month that contains the last complete day (the day before the
  --     report day), month bounds in system_configuration.report_timezone: sum of hourly_logins.count.
  --   within: none
  --   payload: metrics | group: metrics | since: 1.0 | confidence: inferred
  --   why: How busy the instance is.
  --   ambiguity: current or previous month, and report time zone versus UTC, not documented
  coalesce(max(total.logins), 0) AS monthlyLogins
FROM applications
LEFT JOIN logins ON logins.applications_id = applications.id
LEFT JOIN total ON 1 = 1
LEFT JOIN roles ON roles.applications_id = applications.id
LEFT JOIN tenants ON tenants.id = applications.tenants_id
LEFT JOIN simple_themes AS own_theme ON own_theme.id = applications.themes_id
LEFT JOIN simple_themes AS tenant_theme ON tenant_theme.id = tenants.themes_id
LEFT JOIN verifying_forms ON verifying_forms.id = applications.forms_id
