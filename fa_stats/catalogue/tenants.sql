-- statement: tenants
--   One row is one tenant. Its document (about 9 KB) holds most of its settings, all 52 webhook events among them.
--   group: tenant
--   kind: count
--   since: 1.55.1
--   privacy: count
--   confidence: inferred
--   within: tenantNumber
--   why: Shows how many tenants use the feature, and so how widely it is taken up.
--   ambiguity: whether tenants in PendingDelete state are counted is not documented

WITH
-- The stock admin form has no published id: it is the oldest form of type 2 (admin user).
admin_forms AS (
  SELECT forms.id AS id, row_number() OVER (ORDER BY forms.insert_instant, forms.id) AS place
  FROM forms
  WHERE forms.type = 2
),
stock_form AS (
  SELECT admin_forms.id AS id
  FROM admin_forms
  WHERE admin_forms.place = 1
)

SELECT
  -- tenantBreachedPasswordDetection: Number of tenants with breached-password detection enabled.
  --   setting: 1.15.0 | plan: paid plan (breached password detection)
  --   ambiguity: onLogin = Off with enabled = true still counts as enabled; whether tenants in PendingDelete
  --     state are counted is not documented
  count_if(flag(tenants.data, 'passwordValidationRules.breachDetection.enabled')) AS tenantBreachedPasswordDetection,

  -- tenantClientCredentialsLambdaEnabled: Number of tenants that name a lambda for the client-credentials
  --     grant.
  --   setting: 1.28.0 | plan: paid plan (entity management / client credentials)
  count(tenants.client_credentials_access_token_populate_lambdas_id) AS tenantClientCredentialsLambdaEnabled,

  -- tenantConfirmChildTemplate: Number of tenants that select a template of their own for the email:
  --     confirmation of a child account.
  --   setting: 1.8.0
  --   why: Shows which messages tenants word for themselves, before the stock wording or its events change.
  count(tenants.confirm_child_email_templates_id) AS tenantConfirmChildTemplate,

  -- tenantCustomAdminUserForm: Tenants whose admin_user_forms_id is not the stock form; the stock form is the
  --     oldest row of forms (smallest insert_instant) with type = 2 (admin user).
  --   setting: 1.20.0 | plan: paid plan (custom forms) | confidence: ambiguous
  --   ambiguity: stock form has no published fixed id (Kickstart exposes it as FUSIONAUTH_FORM[adminUser]_ID);
  --     could also simply count non-null ids; heuristics: name of the form, or the form used by the
  --     default tenant at install
  count_if(
    coalesce(tenants.admin_user_forms_id <> (SELECT stock_form.id FROM stock_form), tenants.admin_user_forms_id IS NOT NULL)
  ) AS tenantCustomAdminUserForm,

  -- tenantCustomThemeUsed: Tenants whose themes_id is neither of the two stock themes
  --     (75a068fd-e94b-451a-9aeb-3ddb9a3b5987, and the stock simple theme
  --     3c717291-5d83-4014-bd51-97c76475dc86).
  --   setting: 1.8.0 | confidence: ambiguous
  --   ambiguity: only one fixed stock theme id is documented; if a release ships a stock simple theme, whether
  --     it counts as custom is not documented; whether tenants in PendingDelete state are counted is
  --     not documented
  count_if(
    tenants.themes_id NOT IN (uuid('75a068fd-e94b-451a-9aeb-3ddb9a3b5987'), uuid('3c717291-5d83-4014-bd51-97c76475dc86'))
  ) AS tenantCustomThemeUsed,

  -- tenantEmailMfaEnabled: Number of tenants that allow email as a multi-factor method.
  --   setting: 1.26.0 | plan: paid plan (advanced MFA)
  count_if(flag(tenants.data, 'multiFactorConfiguration.email.enabled')) AS tenantEmailMfaEnabled,

  -- tenantEmailUpdateTemplate: Number of tenants that select a template of their own for the email: notice that
  --     the email address was changed.
  --   setting: 1.30.0 | plan: Enterprise (advanced threat detection)
  --   why: Shows which messages tenants word for themselves, before the stock wording or its events change.
  count(tenants.email_update_email_templates_id) AS tenantEmailUpdateTemplate,

  -- tenantEmailVerifiedTemplate: Number of tenants that select a template of their own for the email: notice
  --     that the email address is now verified.
  --   setting: 1.30.0
  --   why: Shows which messages tenants word for themselves, before the stock wording or its events change.
  count(tenants.email_verified_email_templates_id) AS tenantEmailVerifiedTemplate,

  -- tenantFamilyEnabledTemplate: Number of tenants with the family feature enabled (despite the suffix it is
  --     not a template).
  --   setting: 1.8.0
  --   ambiguity: no template of that name exists; JSON-like sample timing supports the boolean; whether tenants
  --     in PendingDelete state are counted is not documented
  count_if(flag(tenants.data, 'familyConfiguration.enabled')) AS tenantFamilyEnabledTemplate,

  -- tenantFamilyRequestTemplate: Number of tenants that select a template of their own for the email: request
  --     to join a family.
  --   setting: 1.8.0
  --   why: Shows which messages tenants word for themselves, before the stock wording or its events change.
  count(tenants.family_request_email_templates_id) AS tenantFamilyRequestTemplate,

  -- tenantForgotPasswordTemplate: Number of tenants that select a template of their own for the email:
  --     forgot-password message.
  --   setting: 1.8.0
  --   why: Shows which messages tenants word for themselves, before the stock wording or its events change.
  count(tenants.forgot_password_email_templates_id) AS tenantForgotPasswordTemplate,

  -- tenantLoginIdInUseOnCreateTemplate: Number of tenants that select a template of their own for the email:
  --     warning that someone tried to register a login id already in use.
  --   setting: 1.30.0 | plan: Enterprise (advanced threat detection)
  --   why: Shows which messages tenants word for themselves, before the stock wording or its events change.
  count(tenants.login_id_in_use_on_create_email_templates_id) AS tenantLoginIdInUseOnCreateTemplate,

  -- tenantLoginIdInUseOnUpdateTemplate: Number of tenants that select a template of their own for the email:
  --     warning that someone tried to change to a login id already in use.
  --   setting: 1.30.0 | plan: Enterprise (advanced threat detection)
  --   why: Shows which messages tenants word for themselves, before the stock wording or its events change.
  count(tenants.login_id_in_use_on_update_email_templates_id) AS tenantLoginIdInUseOnUpdateTemplate,

  -- tenantLoginNewDeviceTemplate: Number of tenants that select a template of their own for the email: notice
  --     of a login from a new device.
  --   setting: 1.30.0 | plan: Enterprise (advanced threat detection)
  --   why: Shows which messages tenants word for themselves, before the stock wording or its events change.
  count(tenants.login_new_device_email_templates_id) AS tenantLoginNewDeviceTemplate,

  -- tenantLoginSuspiciousEmailTemplate: Number of tenants that select a template of their own for the email:
  --     notice of a suspicious login.
  --   setting: 1.30.0 | plan: Enterprise (advanced threat detection)
  --   why: Shows which messages tenants word for themselves, before the stock wording or its events change.
  count(tenants.login_suspicious_email_templates_id) AS tenantLoginSuspiciousEmailTemplate,

  -- tenantMultiFactorEmailMessageTemplate: Number of tenants that select a template of their own for the email:
  --     multi-factor code by email.
  --   setting: 1.26.0 | plan: paid plan (advanced MFA)
  --   why: Shows which messages tenants word for themselves, before the stock wording or its events change.
  --   ambiguity: the 1.60.2 tenant document also keeps multiFactorConfiguration.email.templateId inside data;
  --     use the column first; whether tenants in PendingDelete state are counted is not documented
  count(tenants.multi_factor_email_message_templates_id) AS tenantMultiFactorEmailMessageTemplate,

  -- tenantMultiFactorLambdasConfigured: Number of tenants that name an MFA-requirement lambda.
  --   since: after 1.55; version not published | setting: 1.62.0 | plan: Enterprise
  --   ambiguity: no timing in the sample although present in stats
  count(tenants.multi_factor_requirement_lambdas_id) AS tenantMultiFactorLambdasConfigured,

  -- tenantMultiFactorSmsMessageTemplate: Number of tenants that select a template of their own for the text
  --     message: multi-factor code by SMS.
  --   setting: 1.26.0 | plan: paid plan (advanced MFA)
  --   why: Shows which messages tenants word for themselves, before the stock wording or its events change.
  count(tenants.multi_factor_sms_message_templates_id) AS tenantMultiFactorSmsMessageTemplate,

  -- tenantNumber: Number of tenants.
  --   within: none
  --   confidence: documented
  --   why: The size of the instance, against which every other tenant figure is read.
  --   ambiguity: pending-delete tenants presumably included
  count(tenants.id) AS tenantNumber,

  -- tenantParentRegistrationTemplate: Number of tenants that select a template of their own for the email:
  --     request for a parent to register.
  --   setting: 1.8.0
  --   why: Shows which messages tenants word for themselves, before the stock wording or its events change.
  count(tenants.parent_registration_email_templates_id) AS tenantParentRegistrationTemplate,

  -- tenantPasswordResetSuccessTemplate: Number of tenants that select a template of their own for the email:
  --     notice that a password reset was completed.
  --   setting: 1.30.0 | plan: Enterprise (advanced threat detection)
  --   why: Shows which messages tenants word for themselves, before the stock wording or its events change.
  count(tenants.password_reset_success_email_templates_id) AS tenantPasswordResetSuccessTemplate,

  -- tenantPasswordUpdateTemplate: Number of tenants that select a template of their own for the email: notice
  --     that the password was changed.
  --   setting: 1.30.0 | plan: Enterprise (advanced threat detection)
  --   why: Shows which messages tenants word for themselves, before the stock wording or its events change.
  count(tenants.password_update_email_templates_id) AS tenantPasswordUpdateTemplate,

  -- tenantPasswordlessTemplate: Number of tenants that select a template of their own for the email:
  --     passwordless login message.
  --   setting: 1.8.0
  --   why: Shows which messages tenants word for themselves, before the stock wording or its events change.
  count(tenants.passwordless_email_templates_id) AS tenantPasswordlessTemplate,

  -- tenantSetPasswordTemplate: Number of tenants that select a template of their own for the email: invitation
  --     to set a first password.
  --   setting: 1.8.0
  --   why: Shows which messages tenants word for themselves, before the stock wording or its events change.
  count(tenants.set_password_email_templates_id) AS tenantSetPasswordTemplate,

  -- tenantSmsMfaEnabled: Number of tenants that allow SMS as a multi-factor method.
  --   setting: 1.26.0 | plan: paid plan (advanced MFA)
  count_if(flag(tenants.data, 'multiFactorConfiguration.sms.enabled')) AS tenantSmsMfaEnabled,

  -- tenantSsoSessionBootstrapEnabled: Number of tenants that allow an SSO session to be started from an access
  --     token.
  --   since: after 1.55; version not published | setting: 1.56.0
  count_if(flag(tenants.data, 'ssoConfiguration.allowAccessTokenBootstrap')) AS tenantSsoSessionBootstrapEnabled,

  -- tenantTotpMfaEnabled: Tenants whose multiFactorConfiguration.authenticator.enabled is not false (a missing
  --     key means true, the product default).
  --   setting: 1.26.0
  count_if(NOT coalesce(off(tenants.data, 'multiFactorConfiguration.authenticator.enabled'), false)) AS tenantTotpMfaEnabled,

  -- tenantTwoFactorMethodAddTemplate: Number of tenants that select a template of their own for the email:
  --     notice that a multi-factor method was added.
  --   setting: 1.30.0 | plan: Enterprise (advanced threat detection)
  --   why: Shows which messages tenants word for themselves, before the stock wording or its events change.
  count(tenants.two_factor_method_add_email_templates_id) AS tenantTwoFactorMethodAddTemplate,

  -- tenantTwoFactorMethodRemoveTemplate: Number of tenants that select a template of their own for the email:
  --     notice that a multi-factor method was removed.
  --   setting: 1.30.0 | plan: Enterprise (advanced threat detection)
  --   why: Shows which messages tenants word for themselves, before the stock wording or its events change.
  count(tenants.two_factor_method_remove_email_templates_id) AS tenantTwoFactorMethodRemoveTemplate,

  -- tenantVerificationTemplate: Number of tenants that select a template of their own for the email:
  --     email-address verification.
  --   setting: 1.8.0
  --   why: Shows which messages tenants word for themselves, before the stock wording or its events change.
  --   ambiguity: email-address verification email; whether tenants in PendingDelete state are counted is not
  --     documented
  count(tenants.verification_email_templates_id) AS tenantVerificationTemplate,

  -- tenantForgotPasswordPhoneTemplate: Number of tenants that select a template of their own for the text
  --     message: forgot-password message.
  --   since: after 1.55; version not published | setting: 1.59.0
  --   why: Shows which messages tenants word for themselves, before the stock wording or its events change.
  count(tenants.phone_configuration_forgot_password_templates_id) AS tenantForgotPasswordPhoneTemplate,

  -- tenantIdentityUpdatePhoneTemplate: Number of tenants that select a template of their own for the text
  --     message: notice that the phone number was changed.
  --   since: after 1.55; version not published | setting: 1.59.0
  --   why: Shows which messages tenants word for themselves, before the stock wording or its events change.
  count(tenants.phone_configuration_identity_update_templates_id) AS tenantIdentityUpdatePhoneTemplate,

  -- tenantLoginIdInUseOnCreatePhoneTemplate: Number of tenants that select a template of their own for the text
  --     message: warning that someone tried to register a login id already
  --     in use.
  --   since: after 1.55; version not published | setting: 1.59.0 | plan: Enterprise (advanced threat detection)
  --   why: Shows which messages tenants word for themselves, before the stock wording or its events change.
  count(tenants.phone_configuration_login_id_in_use_on_create_templates_id) AS tenantLoginIdInUseOnCreatePhoneTemplate,

  -- tenantLoginIdInUseOnUpdatePhoneTemplate: Number of tenants that select a template of their own for the text
  --     message: warning that someone tried to change to a login id
  --     already in use.
  --   since: after 1.55; version not published | setting: 1.59.0 | plan: Enterprise (advanced threat detection)
  --   why: Shows which messages tenants word for themselves, before the stock wording or its events change.
  count(tenants.phone_configuration_login_id_in_use_on_update_templates_id) AS tenantLoginIdInUseOnUpdatePhoneTemplate,

  -- tenantLoginNewDevicePhoneTemplate: Number of tenants that select a template of their own for the text
  --     message: notice of a login from a new device.
  --   since: after 1.55; version not published | setting: 1.59.0 | plan: Enterprise (advanced threat detection)
  --   why: Shows which messages tenants word for themselves, before the stock wording or its events change.
  count(tenants.phone_configuration_login_new_device_templates_id) AS tenantLoginNewDevicePhoneTemplate,

  -- tenantLoginSuspiciousPhoneTemplate: Number of tenants that select a template of their own for the text
  --     message: notice of a suspicious login.
  --   since: after 1.55; version not published | setting: 1.59.0 | plan: Enterprise (advanced threat detection)
  --   why: Shows which messages tenants word for themselves, before the stock wording or its events change.
  count(tenants.phone_configuration_login_suspicious_templates_id) AS tenantLoginSuspiciousPhoneTemplate,

  -- tenantPhoneConfigurationMessengers: Number of tenants that name a messenger for phone messages.
  --   since: after 1.55; version not published | setting: 1.59.0
  --   ambiguity: could count distinct messengers instead of tenants
  count(tenants.phone_configuration_messengers_id) AS tenantPhoneConfigurationMessengers,

  -- tenantPasswordlessPhoneTemplate: Number of tenants that select a template of their own for the text
  --     message: passwordless login message.
  --   since: after 1.55; version not published | setting: 1.59.0
  --   why: Shows which messages tenants word for themselves, before the stock wording or its events change.
  count(tenants.phone_configuration_passwordless_templates_id) AS tenantPasswordlessPhoneTemplate,

  -- tenantPasswordResetSuccessPhoneTemplate: Number of tenants that select a template of their own for the text
  --     message: notice that a password reset was completed.
  --   since: after 1.55; version not published | setting: 1.59.0 | plan: Enterprise (advanced threat detection)
  --   why: Shows which messages tenants word for themselves, before the stock wording or its events change.
  count(tenants.phone_configuration_password_reset_success_templates_id) AS tenantPasswordResetSuccessPhoneTemplate,

  -- tenantPasswordUpdatePhoneTemplate: Number of tenants that select a template of their own for the text
  --     message: notice that the password was changed.
  --   since: after 1.55; version not published | setting: 1.59.0 | plan: Enterprise (advanced threat detection)
  --   why: Shows which messages tenants word for themselves, before the stock wording or its events change.
  count(tenants.phone_configuration_password_update_templates_id) AS tenantPasswordUpdatePhoneTemplate,

  -- tenantSetPasswordPhoneTemplate: Number of tenants that select a template of their own for the text message:
  --     invitation to set a first password.
  --   since: after 1.55; version not published | setting: 1.59.0
  --   why: Shows which messages tenants word for themselves, before the stock wording or its events change.
  count(tenants.phone_configuration_set_password_templates_id) AS tenantSetPasswordPhoneTemplate,

  -- tenantTwoFactorMethodAddPhoneTemplate: Number of tenants that select a template of their own for the text
  --     message: notice that a multi-factor method was added.
  --   since: after 1.55; version not published | setting: 1.59.0 | plan: Enterprise (advanced threat detection)
  --   why: Shows which messages tenants word for themselves, before the stock wording or its events change.
  count(tenants.phone_configuration_two_factor_method_add_templates_id) AS tenantTwoFactorMethodAddPhoneTemplate,

  -- tenantTwoFactorMethodRemovePhoneTemplate: Number of tenants that select a template of their own for the
  --     text message: notice that a multi-factor method was removed.
  --   since: after 1.55; version not published | setting: 1.59.0 | plan: Enterprise (advanced threat detection)
  --   why: Shows which messages tenants word for themselves, before the stock wording or its events change.
  count(tenants.phone_configuration_two_factor_method_remove_templates_id) AS tenantTwoFactorMethodRemovePhoneTemplate,

  -- tenantVerificationCompletePhoneTemplate: Number of tenants that select a template of their own for the text
  --     message: notice that the phone number is now verified.
  --   since: after 1.55; version not published | setting: 1.59.0
  --   why: Shows which messages tenants word for themselves, before the stock wording or its events change.
  count(tenants.phone_configuration_verification_complete_templates_id) AS tenantVerificationCompletePhoneTemplate,

  -- tenantVerificationPhoneTemplate: Number of tenants that select a template of their own for the text
  --     message: phone-number verification.
  --   since: after 1.55; version not published | setting: 1.59.0
  --   why: Shows which messages tenants word for themselves, before the stock wording or its events change.
  count(tenants.phone_configuration_verification_templates_id) AS tenantVerificationPhoneTemplate,

  -- tenantWebauthnEnabled: Number of tenants with WebAuthn (passkeys) enabled.
  --   setting: 1.41.0 | plan: any licence (WebAuthn); Enterprise for cross-platform authenticators
  count_if(flag(tenants.data, 'webAuthnConfiguration.enabled')) AS tenantWebauthnEnabled,

  -- scimEnabled: Number of tenants with the SCIM server enabled.
  --   group: scim | setting: 1.36.0 | plan: Enterprise (SCIM)
  count_if(flag(tenants.data, 'scimServerConfiguration.enabled')) AS scimEnabled,

  -- atdCaptcha: Number of tenants with CAPTCHA enabled.
  --   group: atd | setting: 1.30.0 | plan: Enterprise (threat detection)
  count_if(flag(tenants.data, 'captchaConfiguration.enabled')) AS atdCaptcha,

  -- atdRateLimiting: Tenants in which at least one rateLimitConfiguration.*.enabled is true, whichever limits
  --     the document names.
  --   group: atd | setting: 1.30.0 (six limits); the two phone limits 1.59.0 | plan: Enterprise (threat detection)
  --   confidence: ambiguous
  --   ambiguity: could count enabled limits instead of tenants; whether the two phone limits are in the test is
  --     not documented; whether tenants in PendingDelete state are counted is not documented
  count_if(any_flag(tenants.data, 'rateLimitConfiguration.*.enabled')) AS atdRateLimiting,

  -- webhookGroupCreate: Tenants in whose data eventConfiguration.events the event group.create is enabled.
  --   group: webhook | setting: before 1.7.0
  --   why: Shows which event types tenants send to webhooks.
  --   ambiguity: alternative reading: webhooks with eventsEnabled true for the event; tenant reading is
  --     supported by the published sample (4-5 ms timings; 42 for events that are old, 40 for newer)
  count_if(flag(tenants.data, 'eventConfiguration.events."group.create".enabled')) AS webhookGroupCreate,

  -- webhookGroupCreateComplete: Tenants in whose data eventConfiguration.events the event group.create.complete
  --     is enabled.
  --   group: webhook | setting: before 1.7.0
  --   why: Shows which event types tenants send to webhooks.
  --   ambiguity: alternative reading: webhooks with eventsEnabled true for the event; tenant reading is
  --     supported by the published sample (4-5 ms timings; 42 for events that are old, 40 for newer)
  count_if(flag(tenants.data, 'eventConfiguration.events."group.create.complete".enabled')) AS webhookGroupCreateComplete,

  -- webhookGroupCreateTransactional: Tenants in whose data eventConfiguration.events the event group.create is
  --     enabled with a transactionType other than None (missing counts as None).
  --   within: webhookGroupCreate
  --   group: webhook | setting: before 1.7.0
  --   why: Shows which event types tenants send, and which hold up a request until a webhook agrees.
  --   ambiguity: whether enabled must also be true is not documented (6-7 ms timings suggest a second
  --     condition); transaction types exist only on the tenant, never on a webhook
  count_if(
    flag(tenants.data, 'eventConfiguration.events."group.create".enabled')
    AND text(tenants.data, 'eventConfiguration.events."group.create".transactionType') <> 'None'
  ) AS webhookGroupCreateTransactional,

  -- webhookGroupDelete: Tenants in whose data eventConfiguration.events the event group.delete is enabled.
  --   group: webhook | setting: before 1.7.0
  --   why: Shows which event types tenants send to webhooks.
  --   ambiguity: alternative reading: webhooks with eventsEnabled true for the event; tenant reading is
  --     supported by the published sample (4-5 ms timings; 42 for events that are old, 40 for newer)
  count_if(flag(tenants.data, 'eventConfiguration.events."group.delete".enabled')) AS webhookGroupDelete,

  -- webhookGroupDeleteComplete: Tenants in whose data eventConfiguration.events the event group.delete.complete
  --     is enabled.
  --   group: webhook | setting: before 1.7.0
  --   why: Shows which event types tenants send to webhooks.
  --   ambiguity: alternative reading: webhooks with eventsEnabled true for the event; tenant reading is
  --     supported by the published sample (4-5 ms timings; 42 for events that are old, 40 for newer)
  count_if(flag(tenants.data, 'eventConfiguration.events."group.delete.complete".enabled')) AS webhookGroupDeleteComplete,

  -- webhookGroupDeleteTransactional: Tenants in whose data eventConfiguration.events the event group.delete is
  --     enabled with a transactionType other than None (missing counts as None).
  --   within: webhookGroupDelete
  --   group: webhook | setting: before 1.7.0
  --   why: Shows which event types tenants send, and which hold up a request until a webhook agrees.
  --   ambiguity: whether enabled must also be true is not documented (6-7 ms timings suggest a second
  --     condition); transaction types exist only on the tenant, never on a webhook
  count_if(
    flag(tenants.data, 'eventConfiguration.events."group.delete".enabled')
    AND text(tenants.data, 'eventConfiguration.events."group.delete".transactionType') <> 'None'
  ) AS webhookGroupDeleteTransactional,

  -- webhookGroupMemberAdd: Tenants in whose data eventConfiguration.events the event group.member.add is
  --     enabled.
  --   group: webhook | setting: before 1.7.0
  --   why: Shows which event types tenants send to webhooks.
  --   ambiguity: alternative reading: webhooks with eventsEnabled true for the event; tenant reading is
  --     supported by the published sample (4-5 ms timings; 42 for events that are old, 40 for newer)
  count_if(flag(tenants.data, 'eventConfiguration.events."group.member.add".enabled')) AS webhookGroupMemberAdd,

  -- webhookGroupMemberAddComplete: Tenants in whose data eventConfiguration.events the event
  --     group.member.add.complete is enabled.
  --   group: webhook | setting: before 1.7.0
  --   why: Shows which event types tenants send to webhooks.
  --   ambiguity: alternative reading: webhooks with eventsEnabled true for the event; tenant reading is
  --     supported by the published sample (4-5 ms timings; 42 for events that are old, 40 for newer)
  count_if(flag(tenants.data, 'eventConfiguration.events."group.member.add.complete".enabled')) AS webhookGroupMemberAddComplete,

  -- webhookGroupMemberAddTransactional: Tenants in whose data eventConfiguration.events the event
  --     group.member.add is enabled with a transactionType other than None
  --     (missing counts as None).
  --   within: webhookGroupMemberAdd
  --   group: webhook | setting: before 1.7.0
  --   why: Shows which event types tenants send, and which hold up a request until a webhook agrees.
  --   ambiguity: whether enabled must also be true is not documented (6-7 ms timings suggest a second
  --     condition); transaction types exist only on the tenant, never on a webhook
  count_if(
    flag(tenants.data, 'eventConfiguration.events."group.member.add".enabled')
    AND text(tenants.data, 'eventConfiguration.events."group.member.add".transactionType') <> 'None'
  ) AS webhookGroupMemberAddTransactional,

  -- webhookGroupMemberRemove: Tenants in whose data eventConfiguration.events the event group.member.remove is
  --     enabled.
  --   group: webhook | setting: before 1.7.0
  --   why: Shows which event types tenants send to webhooks.
  --   ambiguity: alternative reading: webhooks with eventsEnabled true for the event; tenant reading is
  --     supported by the published sample (4-5 ms timings; 42 for events that are old, 40 for newer)
  count_if(flag(tenants.data, 'eventConfiguration.events."group.member.remove".enabled')) AS webhookGroupMemberRemove,

  -- webhookGroupMemberRemoveComplete: Tenants in whose data eventConfiguration.events the event
  --     group.member.remove.complete is enabled.
  --   group: webhook | setting: before 1.7.0
  --   why: Shows which event types tenants send to webhooks.
  --   ambiguity: alternative reading: webhooks with eventsEnabled true for the event; tenant reading is
  --     supported by the published sample (4-5 ms timings; 42 for events that are old, 40 for newer)
  count_if(flag(tenants.data, 'eventConfiguration.events."group.member.remove.complete".enabled')) AS webhookGroupMemberRemoveComplete,

  -- webhookGroupMemberRemoveTransactional: Tenants in whose data eventConfiguration.events the event
  --     group.member.remove is enabled with a transactionType other than
  --     None (missing counts as None).
  --   within: webhookGroupMemberRemove
  --   group: webhook | setting: before 1.7.0
  --   why: Shows which event types tenants send, and which hold up a request until a webhook agrees.
  --   ambiguity: whether enabled must also be true is not documented (6-7 ms timings suggest a second
  --     condition); transaction types exist only on the tenant, never on a webhook
  count_if(
    flag(tenants.data, 'eventConfiguration.events."group.member.remove".enabled')
    AND text(tenants.data, 'eventConfiguration.events."group.member.remove".transactionType') <> 'None'
  ) AS webhookGroupMemberRemoveTransactional,

  -- webhookGroupMemberUpdate: Tenants in whose data eventConfiguration.events the event group.member.update is
  --     enabled.
  --   group: webhook | setting: before 1.7.0
  --   why: Shows which event types tenants send to webhooks.
  --   ambiguity: alternative reading: webhooks with eventsEnabled true for the event; tenant reading is
  --     supported by the published sample (4-5 ms timings; 42 for events that are old, 40 for newer)
  count_if(flag(tenants.data, 'eventConfiguration.events."group.member.update".enabled')) AS webhookGroupMemberUpdate,

  -- webhookGroupMemberUpdateComplete: Tenants in whose data eventConfiguration.events the event
  --     group.member.update.complete is enabled.
  --   group: webhook | setting: before 1.7.0
  --   why: Shows which event types tenants send to webhooks.
  --   ambiguity: alternative reading: webhooks with eventsEnabled true for the event; tenant reading is
  --     supported by the published sample (4-5 ms timings; 42 for events that are old, 40 for newer)
  count_if(flag(tenants.data, 'eventConfiguration.events."group.member.update.complete".enabled')) AS webhookGroupMemberUpdateComplete,

  -- webhookGroupMemberUpdateTransactional: Tenants in whose data eventConfiguration.events the event
  --     group.member.update is enabled with a transactionType other than
  --     None (missing counts as None).
  --   within: webhookGroupMemberUpdate
  --   group: webhook | setting: before 1.7.0
  --   why: Shows which event types tenants send, and which hold up a request until a webhook agrees.
  --   ambiguity: whether enabled must also be true is not documented (6-7 ms timings suggest a second
  --     condition); transaction types exist only on the tenant, never on a webhook
  count_if(
    flag(tenants.data, 'eventConfiguration.events."group.member.update".enabled')
    AND text(tenants.data, 'eventConfiguration.events."group.member.update".transactionType') <> 'None'
  ) AS webhookGroupMemberUpdateTransactional,

  -- webhookGroupUpdate: Tenants in whose data eventConfiguration.events the event group.update is enabled.
  --   group: webhook | setting: before 1.7.0
  --   why: Shows which event types tenants send to webhooks.
  --   ambiguity: alternative reading: webhooks with eventsEnabled true for the event; tenant reading is
  --     supported by the published sample (4-5 ms timings; 42 for events that are old, 40 for newer)
  count_if(flag(tenants.data, 'eventConfiguration.events."group.update".enabled')) AS webhookGroupUpdate,

  -- webhookGroupUpdateComplete: Tenants in whose data eventConfiguration.events the event group.update.complete
  --     is enabled.
  --   group: webhook | setting: before 1.7.0
  --   why: Shows which event types tenants send to webhooks.
  --   ambiguity: alternative reading: webhooks with eventsEnabled true for the event; tenant reading is
  --     supported by the published sample (4-5 ms timings; 42 for events that are old, 40 for newer)
  count_if(flag(tenants.data, 'eventConfiguration.events."group.update.complete".enabled')) AS webhookGroupUpdateComplete,

  -- webhookGroupUpdateTransactional: Tenants in whose data eventConfiguration.events the event group.update is
  --     enabled with a transactionType other than None (missing counts as None).
  --   within: webhookGroupUpdate
  --   group: webhook | setting: before 1.7.0
  --   why: Shows which event types tenants send, and which hold up a request until a webhook agrees.
  --   ambiguity: whether enabled must also be true is not documented (6-7 ms timings suggest a second
  --     condition); transaction types exist only on the tenant, never on a webhook
  count_if(
    flag(tenants.data, 'eventConfiguration.events."group.update".enabled')
    AND text(tenants.data, 'eventConfiguration.events."group.update".transactionType') <> 'None'
  ) AS webhookGroupUpdateTransactional,

  -- webhookJwtPublicKeyUpdate: Tenants in whose data eventConfiguration.events the event jwt.public-key.update
  --     is enabled.
  --   group: webhook | setting: before 1.7.0
  --   why: Shows which event types tenants send to webhooks.
  --   ambiguity: alternative reading: webhooks with eventsEnabled true for the event; tenant reading is
  --     supported by the published sample (4-5 ms timings; 42 for events that are old, 40 for newer)
  count_if(flag(tenants.data, 'eventConfiguration.events."jwt.public-key.update".enabled')) AS webhookJwtPublicKeyUpdate,

  -- webhookJwtPublicKeyUpdateTransactional: Tenants in whose data eventConfiguration.events the event
  --     jwt.public-key.update is enabled with a transactionType other than
  --     None (missing counts as None).
  --   within: webhookJwtPublicKeyUpdate
  --   group: webhook | setting: before 1.7.0
  --   why: Shows which event types tenants send, and which hold up a request until a webhook agrees.
  --   ambiguity: whether enabled must also be true is not documented (6-7 ms timings suggest a second
  --     condition); transaction types exist only on the tenant, never on a webhook
  count_if(
    flag(tenants.data, 'eventConfiguration.events."jwt.public-key.update".enabled')
    AND text(tenants.data, 'eventConfiguration.events."jwt.public-key.update".transactionType') <> 'None'
  ) AS webhookJwtPublicKeyUpdateTransactional,

  -- webhookJwtRefresh: Tenants in whose data eventConfiguration.events the event jwt.refresh is enabled.
  --   group: webhook | setting: 1.16.0
  --   why: Shows which event types tenants send to webhooks.
  --   ambiguity: alternative reading: webhooks with eventsEnabled true for the event; tenant reading is
  --     supported by the published sample (4-5 ms timings; 42 for events that are old, 40 for newer)
  count_if(flag(tenants.data, 'eventConfiguration.events."jwt.refresh".enabled')) AS webhookJwtRefresh,

  -- webhookJwtRefreshTokenRevoke: Tenants in whose data eventConfiguration.events the event
  --     jwt.refresh-token.revoke is enabled.
  --   group: webhook | setting: before 1.7.0
  --   why: Shows which event types tenants send to webhooks.
  --   ambiguity: alternative reading: webhooks with eventsEnabled true for the event; tenant reading is
  --     supported by the published sample (4-5 ms timings; 42 for events that are old, 40 for newer)
  count_if(flag(tenants.data, 'eventConfiguration.events."jwt.refresh-token.revoke".enabled')) AS webhookJwtRefreshTokenRevoke,

  -- webhookJwtRefreshTokenRevokeTransactional: Tenants in whose data eventConfiguration.events the event
  --     jwt.refresh-token.revoke is enabled with a transactionType other
  --     than None (missing counts as None).
  --   within: webhookJwtRefreshTokenRevoke
  --   group: webhook | setting: before 1.7.0
  --   why: Shows which event types tenants send, and which hold up a request until a webhook agrees.
  --   ambiguity: whether enabled must also be true is not documented (6-7 ms timings suggest a second
  --     condition); transaction types exist only on the tenant, never on a webhook
  count_if(
    flag(tenants.data, 'eventConfiguration.events."jwt.refresh-token.revoke".enabled')
    AND text(tenants.data, 'eventConfiguration.events."jwt.refresh-token.revoke".transactionType') <> 'None'
  ) AS webhookJwtRefreshTokenRevokeTransactional,

  -- webhookJwtRefreshTransactional: Tenants in whose data eventConfiguration.events the event jwt.refresh is
  --     enabled with a transactionType other than None (missing counts as None).
  --   within: webhookJwtRefresh
  --   group: webhook | setting: 1.16.0
  --   why: Shows which event types tenants send, and which hold up a request until a webhook agrees.
  --   ambiguity: whether enabled must also be true is not documented (6-7 ms timings suggest a second
  --     condition); transaction types exist only on the tenant, never on a webhook
  count_if(
    flag(tenants.data, 'eventConfiguration.events."jwt.refresh".enabled')
    AND text(tenants.data, 'eventConfiguration.events."jwt.refresh".transactionType') <> 'None'
  ) AS webhookJwtRefreshTransactional,

  -- webhookUserAction: Tenants in whose data eventConfiguration.events the event user.action is enabled.
  --   group: webhook | setting: before 1.7.0
  --   why: Shows which event types tenants send to webhooks.
  --   ambiguity: alternative reading: webhooks with eventsEnabled true for the event; tenant reading is
  --     supported by the published sample (4-5 ms timings; 42 for events that are old, 40 for newer)
  count_if(flag(tenants.data, 'eventConfiguration.events."user.action".enabled')) AS webhookUserAction,

  -- webhookUserBulkCreate: Tenants in whose data eventConfiguration.events the event user.bulk.create is
  --     enabled.
  --   group: webhook | setting: before 1.7.0
  --   why: Shows which event types tenants send to webhooks.
  --   ambiguity: alternative reading: webhooks with eventsEnabled true for the event; tenant reading is
  --     supported by the published sample (4-5 ms timings; 42 for events that are old, 40 for newer)
  count_if(flag(tenants.data, 'eventConfiguration.events."user.bulk.create".enabled')) AS webhookUserBulkCreate,

  -- webhookUserBulkCreateTransactional: Tenants in whose data eventConfiguration.events the event
  --     user.bulk.create is enabled with a transactionType other than None
  --     (missing counts as None).
  --   within: webhookUserBulkCreate
  --   group: webhook | setting: before 1.7.0
  --   why: Shows which event types tenants send, and which hold up a request until a webhook agrees.
  --   ambiguity: whether enabled must also be true is not documented (6-7 ms timings suggest a second
  --     condition); transaction types exist only on the tenant, never on a webhook
  count_if(
    flag(tenants.data, 'eventConfiguration.events."user.bulk.create".enabled')
    AND text(tenants.data, 'eventConfiguration.events."user.bulk.create".transactionType') <> 'None'
  ) AS webhookUserBulkCreateTransactional,

  -- webhookUserCreate: Tenants in whose data eventConfiguration.events the event user.create is enabled.
  --   group: webhook | setting: before 1.7.0
  --   why: Shows which event types tenants send to webhooks.
  --   ambiguity: alternative reading: webhooks with eventsEnabled true for the event; tenant reading is
  --     supported by the published sample (4-5 ms timings; 42 for events that are old, 40 for newer)
  count_if(flag(tenants.data, 'eventConfiguration.events."user.create".enabled')) AS webhookUserCreate,

  -- webhookUserCreateComplete: Tenants in whose data eventConfiguration.events the event user.create.complete
  --     is enabled.
  --   group: webhook | setting: 1.30.0
  --   why: Shows which event types tenants send to webhooks.
  --   ambiguity: alternative reading: webhooks with eventsEnabled true for the event; tenant reading is
  --     supported by the published sample (4-5 ms timings; 42 for events that are old, 40 for newer)
  count_if(flag(tenants.data, 'eventConfiguration.events."user.create.complete".enabled')) AS webhookUserCreateComplete,

  -- webhookUserCreateTransactional: Tenants in whose data eventConfiguration.events the event user.create is
  --     enabled with a transactionType other than None (missing counts as None).
  --   within: webhookUserCreate
  --   group: webhook | setting: before 1.7.0
  --   why: Shows which event types tenants send, and which hold up a request until a webhook agrees.
  --   ambiguity: whether enabled must also be true is not documented (6-7 ms timings suggest a second
  --     condition); transaction types exist only on the tenant, never on a webhook
  count_if(
    flag(tenants.data, 'eventConfiguration.events."user.create".enabled')
    AND text(tenants.data, 'eventConfiguration.events."user.create".transactionType') <> 'None'
  ) AS webhookUserCreateTransactional,

  -- webhookUserDeactivate: Tenants in whose data eventConfiguration.events the event user.deactivate is
  --     enabled.
  --   group: webhook | setting: before 1.7.0
  --   why: Shows which event types tenants send to webhooks.
  --   ambiguity: alternative reading: webhooks with eventsEnabled true for the event; tenant reading is
  --     supported by the published sample (4-5 ms timings; 42 for events that are old, 40 for newer)
  count_if(flag(tenants.data, 'eventConfiguration.events."user.deactivate".enabled')) AS webhookUserDeactivate,

  -- webhookUserDeactivateTransactional: Tenants in whose data eventConfiguration.events the event
  --     user.deactivate is enabled with a transactionType other than None
  --     (missing counts as None).
  --   within: webhookUserDeactivate
  --   group: webhook | setting: before 1.7.0
  --   why: Shows which event types tenants send, and which hold up a request until a webhook agrees.
  --   ambiguity: whether enabled must also be true is not documented (6-7 ms timings suggest a second
  --     condition); transaction types exist only on the tenant, never on a webhook
  count_if(
    flag(tenants.data, 'eventConfiguration.events."user.deactivate".enabled')
    AND text(tenants.data, 'eventConfiguration.events."user.deactivate".transactionType') <> 'None'
  ) AS webhookUserDeactivateTransactional,

  -- webhookUserDelete: Tenants in whose data eventConfiguration.events the event user.delete is enabled.
  --   group: webhook | setting: before 1.7.0
  --   why: Shows which event types tenants send to webhooks.
  --   ambiguity: alternative reading: webhooks with eventsEnabled true for the event; tenant reading is
  --     supported by the published sample (4-5 ms timings; 42 for events that are old, 40 for newer)
  count_if(flag(tenants.data, 'eventConfiguration.events."user.delete".enabled')) AS webhookUserDelete,

  -- webhookUserDeleteComplete: Tenants in whose data eventConfiguration.events the event user.delete.complete
  --     is enabled.
  --   group: webhook | setting: 1.30.0
  --   why: Shows which event types tenants send to webhooks.
  --   ambiguity: alternative reading: webhooks with eventsEnabled true for the event; tenant reading is
  --     supported by the published sample (4-5 ms timings; 42 for events that are old, 40 for newer)
  count_if(flag(tenants.data, 'eventConfiguration.events."user.delete.complete".enabled')) AS webhookUserDeleteComplete,

  -- webhookUserDeleteTransactional: Tenants in whose data eventConfiguration.events the event user.delete is
  --     enabled with a transactionType other than None (missing counts as None).
  --   within: webhookUserDelete
  --   group: webhook | setting: before 1.7.0
  --   why: Shows which event types tenants send, and which hold up a request until a webhook agrees.
  --   ambiguity: whether enabled must also be true is not documented (6-7 ms timings suggest a second
  --     condition); transaction types exist only on the tenant, never on a webhook
  count_if(
    flag(tenants.data, 'eventConfiguration.events."user.delete".enabled')
    AND text(tenants.data, 'eventConfiguration.events."user.delete".transactionType') <> 'None'
  ) AS webhookUserDeleteTransactional,

  -- webhookUserEmailUpdate: Tenants in whose data eventConfiguration.events the event user.email.update is
  --     enabled.
  --   group: webhook | setting: 1.30.0
  --   why: Shows which event types tenants send to webhooks.
  --   ambiguity: alternative reading: webhooks with eventsEnabled true for the event; tenant reading is
  --     supported by the published sample (4-5 ms timings; 42 for events that are old, 40 for newer)
  count_if(flag(tenants.data, 'eventConfiguration.events."user.email.update".enabled')) AS webhookUserEmailUpdate,

  -- webhookUserEmailVerified: Tenants in whose data eventConfiguration.events the event user.email.verified is
  --     enabled.
  --   group: webhook | setting: 1.8.0
  --   why: Shows which event types tenants send to webhooks.
  --   ambiguity: alternative reading: webhooks with eventsEnabled true for the event; tenant reading is
  --     supported by the published sample (4-5 ms timings; 42 for events that are old, 40 for newer)
  count_if(flag(tenants.data, 'eventConfiguration.events."user.email.verified".enabled')) AS webhookUserEmailVerified,

  -- webhookUserEmailVerifiedTransactional: Tenants in whose data eventConfiguration.events the event
  --     user.email.verified is enabled with a transactionType other than
  --     None (missing counts as None).
  --   within: webhookUserEmailVerified
  --   group: webhook | setting: 1.8.0
  --   why: Shows which event types tenants send, and which hold up a request until a webhook agrees.
  --   ambiguity: whether enabled must also be true is not documented (6-7 ms timings suggest a second
  --     condition); transaction types exist only on the tenant, never on a webhook
  count_if(
    flag(tenants.data, 'eventConfiguration.events."user.email.verified".enabled')
    AND text(tenants.data, 'eventConfiguration.events."user.email.verified".transactionType') <> 'None'
  ) AS webhookUserEmailVerifiedTransactional,

  -- webhookUserIdentityProviderLink: Tenants in whose data eventConfiguration.events the event
  --     user.identity-provider.link is enabled.
  --   group: webhook | setting: 1.36.0
  --   why: Shows which event types tenants send to webhooks.
  --   ambiguity: alternative reading: webhooks with eventsEnabled true for the event; tenant reading is
  --     supported by the published sample (4-5 ms timings; 42 for events that are old, 40 for newer)
  count_if(flag(tenants.data, 'eventConfiguration.events."user.identity-provider.link".enabled')) AS webhookUserIdentityProviderLink,

  -- webhookUserIdentityProviderUnlink: Tenants in whose data eventConfiguration.events the event
  --     user.identity-provider.unlink is enabled.
  --   group: webhook | setting: 1.36.0
  --   why: Shows which event types tenants send to webhooks.
  --   ambiguity: alternative reading: webhooks with eventsEnabled true for the event; tenant reading is
  --     supported by the published sample (4-5 ms timings; 42 for events that are old, 40 for newer)
  count_if(flag(tenants.data, 'eventConfiguration.events."user.identity-provider.unlink".enabled')) AS webhookUserIdentityProviderUnlink,

  -- webhookUserLoginIdDuplicateCreate: Tenants in whose data eventConfiguration.events the event
  --     user.loginId.duplicate.create is enabled.
  --   group: webhook | setting: 1.30.0 | plan: Enterprise (threat detection)
  --   why: Shows which event types tenants send to webhooks.
  --   ambiguity: alternative reading: webhooks with eventsEnabled true for the event; tenant reading is
  --     supported by the published sample (4-5 ms timings; 42 for events that are old, 40 for newer)
  count_if(flag(tenants.data, 'eventConfiguration.events."user.loginId.duplicate.create".enabled')) AS webhookUserLoginIdDuplicateCreate,

  -- webhookUserLoginIdDuplicateUpdate: Tenants in whose data eventConfiguration.events the event
  --     user.loginId.duplicate.update is enabled.
  --   group: webhook | setting: 1.30.0 | plan: Enterprise (threat detection)
  --   why: Shows which event types tenants send to webhooks.
  --   ambiguity: alternative reading: webhooks with eventsEnabled true for the event; tenant reading is
  --     supported by the published sample (4-5 ms timings; 42 for events that are old, 40 for newer)
  count_if(flag(tenants.data, 'eventConfiguration.events."user.loginId.duplicate.update".enabled')) AS webhookUserLoginIdDuplicateUpdate,

  -- webhookUserLoginFailed: Tenants in whose data eventConfiguration.events the event user.login.failed is
  --     enabled.
  --   group: webhook | setting: 1.6.0
  --   why: Shows which event types tenants send to webhooks.
  --   ambiguity: alternative reading: webhooks with eventsEnabled true for the event; tenant reading is
  --     supported by the published sample (4-5 ms timings; 42 for events that are old, 40 for newer)
  count_if(flag(tenants.data, 'eventConfiguration.events."user.login.failed".enabled')) AS webhookUserLoginFailed,

  -- webhookUserLoginFailedTransactional: Tenants in whose data eventConfiguration.events the event
  --     user.login.failed is enabled with a transactionType other than None
  --     (missing counts as None).
  --   within: webhookUserLoginFailed
  --   group: webhook | setting: 1.6.0
  --   why: Shows which event types tenants send, and which hold up a request until a webhook agrees.
  --   ambiguity: whether enabled must also be true is not documented (6-7 ms timings suggest a second
  --     condition); transaction types exist only on the tenant, never on a webhook
  count_if(
    flag(tenants.data, 'eventConfiguration.events."user.login.failed".enabled')
    AND text(tenants.data, 'eventConfiguration.events."user.login.failed".transactionType') <> 'None'
  ) AS webhookUserLoginFailedTransactional,

  -- webhookUserLoginNewDevice: Tenants in whose data eventConfiguration.events the event user.login.new-device
  --     is enabled.
  --   group: webhook | setting: 1.30.0 | plan: Enterprise (threat detection)
  --   why: Shows which event types tenants send to webhooks.
  --   ambiguity: alternative reading: webhooks with eventsEnabled true for the event; tenant reading is
  --     supported by the published sample (4-5 ms timings; 42 for events that are old, 40 for newer)
  count_if(flag(tenants.data, 'eventConfiguration.events."user.login.new-device".enabled')) AS webhookUserLoginNewDevice,

  -- webhookUserLoginNewDeviceTransactional: Tenants in whose data eventConfiguration.events the event
  --     user.login.new-device is enabled with a transactionType other than
  --     None (missing counts as None).
  --   within: webhookUserLoginNewDevice
  --   group: webhook | setting: 1.30.0 | plan: Enterprise (threat detection)
  --   why: Shows which event types tenants send, and which hold up a request until a webhook agrees.
  --   ambiguity: whether enabled must also be true is not documented (6-7 ms timings suggest a second
  --     condition); transaction types exist only on the tenant, never on a webhook
  count_if(
    flag(tenants.data, 'eventConfiguration.events."user.login.new-device".enabled')
    AND text(tenants.data, 'eventConfiguration.events."user.login.new-device".transactionType') <> 'None'
  ) AS webhookUserLoginNewDeviceTransactional,

  -- webhookUserLoginSuccess: Tenants in whose data eventConfiguration.events the event user.login.success is
  --     enabled.
  --   group: webhook | setting: 1.6.0
  --   why: Shows which event types tenants send to webhooks.
  --   ambiguity: alternative reading: webhooks with eventsEnabled true for the event; tenant reading is
  --     supported by the published sample (4-5 ms timings; 42 for events that are old, 40 for newer)
  count_if(flag(tenants.data, 'eventConfiguration.events."user.login.success".enabled')) AS webhookUserLoginSuccess,

  -- webhookUserLoginSuccessTransactional: Tenants in whose data eventConfiguration.events the event
  --     user.login.success is enabled with a transactionType other than None
  --     (missing counts as None).
  --   within: webhookUserLoginSuccess
  --   group: webhook | setting: 1.6.0
  --   why: Shows which event types tenants send, and which hold up a request until a webhook agrees.
  --   ambiguity: whether enabled must also be true is not documented (6-7 ms timings suggest a second
  --     condition); transaction types exist only on the tenant, never on a webhook
  count_if(
    flag(tenants.data, 'eventConfiguration.events."user.login.success".enabled')
    AND text(tenants.data, 'eventConfiguration.events."user.login.success".transactionType') <> 'None'
  ) AS webhookUserLoginSuccessTransactional,

  -- webhookUserLoginSuspicious: Tenants in whose data eventConfiguration.events the event user.login.suspicious
  --     is enabled.
  --   group: webhook | setting: 1.30.0 | plan: Enterprise (threat detection)
  --   why: Shows which event types tenants send to webhooks.
  --   ambiguity: alternative reading: webhooks with eventsEnabled true for the event; tenant reading is
  --     supported by the published sample (4-5 ms timings; 42 for events that are old, 40 for newer)
  count_if(flag(tenants.data, 'eventConfiguration.events."user.login.suspicious".enabled')) AS webhookUserLoginSuspicious,

  -- webhookUserLoginSuspiciousTransactional: Tenants in whose data eventConfiguration.events the event
  --     user.login.suspicious is enabled with a transactionType other than
  --     None (missing counts as None).
  --   within: webhookUserLoginSuspicious
  --   group: webhook | setting: 1.30.0 | plan: Enterprise (threat detection)
  --   why: Shows which event types tenants send, and which hold up a request until a webhook agrees.
  --   ambiguity: whether enabled must also be true is not documented (6-7 ms timings suggest a second
  --     condition); transaction types exist only on the tenant, never on a webhook
  count_if(
    flag(tenants.data, 'eventConfiguration.events."user.login.suspicious".enabled')
    AND text(tenants.data, 'eventConfiguration.events."user.login.suspicious".transactionType') <> 'None'
  ) AS webhookUserLoginSuspiciousTransactional,

  -- webhookUserPasswordBreach: Tenants in whose data eventConfiguration.events the event user.password.breach
  --     is enabled.
  --   group: webhook | setting: 1.15.0 | plan: paid plan with Breached Password Detection (premium)
  --   why: Shows which event types tenants send to webhooks.
  --   ambiguity: alternative reading: webhooks with eventsEnabled true for the event; tenant reading is
  --     supported by the published sample (4-5 ms timings; 42 for events that are old, 40 for newer)
  count_if(flag(tenants.data, 'eventConfiguration.events."user.password.breach".enabled')) AS webhookUserPasswordBreach,

  -- webhookUserPasswordBreachTransactional: Tenants in whose data eventConfiguration.events the event
  --     user.password.breach is enabled with a transactionType other than
  --     None (missing counts as None).
  --   within: webhookUserPasswordBreach
  --   group: webhook | setting: 1.15.0 | plan: paid plan with Breached Password Detection (premium)
  --   why: Shows which event types tenants send, and which hold up a request until a webhook agrees.
  --   ambiguity: whether enabled must also be true is not documented (6-7 ms timings suggest a second
  --     condition); transaction types exist only on the tenant, never on a webhook
  count_if(
    flag(tenants.data, 'eventConfiguration.events."user.password.breach".enabled')
    AND text(tenants.data, 'eventConfiguration.events."user.password.breach".transactionType') <> 'None'
  ) AS webhookUserPasswordBreachTransactional,

  -- webhookUserPasswordResetSend: Tenants in whose data eventConfiguration.events the event
  --     user.password.reset.send is enabled.
  --   group: webhook | setting: 1.30.0 | plan: Enterprise (threat detection)
  --   why: Shows which event types tenants send to webhooks.
  --   ambiguity: alternative reading: webhooks with eventsEnabled true for the event; tenant reading is
  --     supported by the published sample (4-5 ms timings; 42 for events that are old, 40 for newer)
  count_if(flag(tenants.data, 'eventConfiguration.events."user.password.reset.send".enabled')) AS webhookUserPasswordResetSend,

  -- webhookUserPasswordResetStart: Tenants in whose data eventConfiguration.events the event
  --     user.password.reset.start is enabled.
  --   group: webhook | setting: 1.30.0 | plan: Enterprise (threat detection)
  --   why: Shows which event types tenants send to webhooks.
  --   ambiguity: alternative reading: webhooks with eventsEnabled true for the event; tenant reading is
  --     supported by the published sample (4-5 ms timings; 42 for events that are old, 40 for newer)
  count_if(flag(tenants.data, 'eventConfiguration.events."user.password.reset.start".enabled')) AS webhookUserPasswordResetStart,

  -- webhookUserPasswordResetSuccess: Tenants in whose data eventConfiguration.events the event
  --     user.password.reset.success is enabled.
  --   group: webhook | setting: 1.30.0 | plan: Enterprise (threat detection)
  --   why: Shows which event types tenants send to webhooks.
  --   ambiguity: alternative reading: webhooks with eventsEnabled true for the event; tenant reading is
  --     supported by the published sample (4-5 ms timings; 42 for events that are old, 40 for newer)
  count_if(flag(tenants.data, 'eventConfiguration.events."user.password.reset.success".enabled')) AS webhookUserPasswordResetSuccess,

  -- webhookUserPasswordUpdate: Tenants in whose data eventConfiguration.events the event user.password.update
  --     is enabled.
  --   group: webhook | setting: 1.30.0 | plan: Enterprise (threat detection)
  --   why: Shows which event types tenants send to webhooks.
  --   ambiguity: alternative reading: webhooks with eventsEnabled true for the event; tenant reading is
  --     supported by the published sample (4-5 ms timings; 42 for events that are old, 40 for newer)
  count_if(flag(tenants.data, 'eventConfiguration.events."user.password.update".enabled')) AS webhookUserPasswordUpdate,

  -- webhookUserReactivate: Tenants in whose data eventConfiguration.events the event user.reactivate is
  --     enabled.
  --   group: webhook | setting: before 1.7.0
  --   why: Shows which event types tenants send to webhooks.
  --   ambiguity: alternative reading: webhooks with eventsEnabled true for the event; tenant reading is
  --     supported by the published sample (4-5 ms timings; 42 for events that are old, 40 for newer)
  count_if(flag(tenants.data, 'eventConfiguration.events."user.reactivate".enabled')) AS webhookUserReactivate,

  -- webhookUserReactivateTransactional: Tenants in whose data eventConfiguration.events the event
  --     user.reactivate is enabled with a transactionType other than None
  --     (missing counts as None).
  --   within: webhookUserReactivate
  --   group: webhook | setting: before 1.7.0
  --   why: Shows which event types tenants send, and which hold up a request until a webhook agrees.
  --   ambiguity: whether enabled must also be true is not documented (6-7 ms timings suggest a second
  --     condition); transaction types exist only on the tenant, never on a webhook
  count_if(
    flag(tenants.data, 'eventConfiguration.events."user.reactivate".enabled')
    AND text(tenants.data, 'eventConfiguration.events."user.reactivate".transactionType') <> 'None'
  ) AS webhookUserReactivateTransactional,

  -- webhookUserRegistrationCreate: Tenants in whose data eventConfiguration.events the event
  --     user.registration.create is enabled.
  --   group: webhook | setting: 1.6.0
  --   why: Shows which event types tenants send to webhooks.
  --   ambiguity: alternative reading: webhooks with eventsEnabled true for the event; tenant reading is
  --     supported by the published sample (4-5 ms timings; 42 for events that are old, 40 for newer)
  count_if(flag(tenants.data, 'eventConfiguration.events."user.registration.create".enabled')) AS webhookUserRegistrationCreate,

  -- webhookUserRegistrationCreateComplete: Tenants in whose data eventConfiguration.events the event
  --     user.registration.create.complete is enabled.
  --   group: webhook | setting: 1.30.0
  --   why: Shows which event types tenants send to webhooks.
  --   ambiguity: alternative reading: webhooks with eventsEnabled true for the event; tenant reading is
  --     supported by the published sample (4-5 ms timings; 42 for events that are old, 40 for newer)
  count_if(flag(tenants.data, 'eventConfiguration.events."user.registration.create.complete".enabled')) AS webhookUserRegistrationCreateComplete,

  -- webhookUserRegistrationCreateTransactional: Tenants in whose data eventConfiguration.events the event
  --     user.registration.create is enabled with a transactionType
  --     other than None (missing counts as None).
  --   within: webhookUserRegistrationCreate
  --   group: webhook | setting: 1.6.0
  --   why: Shows which event types tenants send, and which hold up a request until a webhook agrees.
  --   ambiguity: whether enabled must also be true is not documented (6-7 ms timings suggest a second
  --     condition); transaction types exist only on the tenant, never on a webhook
  count_if(
    flag(tenants.data, 'eventConfiguration.events."user.registration.create".enabled')
    AND text(tenants.data, 'eventConfiguration.events."user.registration.create".transactionType') <> 'None'
  ) AS webhookUserRegistrationCreateTransactional,

  -- webhookUserRegistrationDelete: Tenants in whose data eventConfiguration.events the event
  --     user.registration.delete is enabled.
  --   group: webhook | setting: 1.6.0
  --   why: Shows which event types tenants send to webhooks.
  --   ambiguity: alternative reading: webhooks with eventsEnabled true for the event; tenant reading is
  --     supported by the published sample (4-5 ms timings; 42 for events that are old, 40 for newer)
  count_if(flag(tenants.data, 'eventConfiguration.events."user.registration.delete".enabled')) AS webhookUserRegistrationDelete,

  -- webhookUserRegistrationDeleteComplete: Tenants in whose data eventConfiguration.events the event
  --     user.registration.delete.complete is enabled.
  --   group: webhook | setting: 1.30.0
  --   why: Shows which event types tenants send to webhooks.
  --   ambiguity: alternative reading: webhooks with eventsEnabled true for the event; tenant reading is
  --     supported by the published sample (4-5 ms timings; 42 for events that are old, 40 for newer)
  count_if(flag(tenants.data, 'eventConfiguration.events."user.registration.delete.complete".enabled')) AS webhookUserRegistrationDeleteComplete,

  -- webhookUserRegistrationDeleteTransactional: Tenants in whose data eventConfiguration.events the event
  --     user.registration.delete is enabled with a transactionType
  --     other than None (missing counts as None).
  --   within: webhookUserRegistrationDelete
  --   group: webhook | setting: 1.6.0
  --   why: Shows which event types tenants send, and which hold up a request until a webhook agrees.
  --   ambiguity: whether enabled must also be true is not documented (6-7 ms timings suggest a second
  --     condition); transaction types exist only on the tenant, never on a webhook
  count_if(
    flag(tenants.data, 'eventConfiguration.events."user.registration.delete".enabled')
    AND text(tenants.data, 'eventConfiguration.events."user.registration.delete".transactionType') <> 'None'
  ) AS webhookUserRegistrationDeleteTransactional,

  -- webhookUserRegistrationUpdate: Tenants in whose data eventConfiguration.events the event
  --     user.registration.update is enabled.
  --   group: webhook | setting: 1.6.0
  --   why: Shows which event types tenants send to webhooks.
  --   ambiguity: alternative reading: webhooks with eventsEnabled true for the event; tenant reading is
  --     supported by the published sample (4-5 ms timings; 42 for events that are old, 40 for newer)
  count_if(flag(tenants.data, 'eventConfiguration.events."user.registration.update".enabled')) AS webhookUserRegistrationUpdate,

  -- webhookUserRegistrationUpdateComplete: Tenants in whose data eventConfiguration.events the event
  --     user.registration.update.complete is enabled.
  --   group: webhook | setting: 1.30.0
  --   why: Shows which event types tenants send to webhooks.
  --   ambiguity: alternative reading: webhooks with eventsEnabled true for the event; tenant reading is
  --     supported by the published sample (4-5 ms timings; 42 for events that are old, 40 for newer)
  count_if(flag(tenants.data, 'eventConfiguration.events."user.registration.update.complete".enabled')) AS webhookUserRegistrationUpdateComplete,

  -- webhookUserRegistrationUpdateTransactional: Tenants in whose data eventConfiguration.events the event
  --     user.registration.update is enabled with a transactionType
  --     other than None (missing counts as None).
  --   within: webhookUserRegistrationUpdate
  --   group: webhook | setting: 1.6.0
  --   why: Shows which event types tenants send, and which hold up a request until a webhook agrees.
  --   ambiguity: whether enabled must also be true is not documented (6-7 ms timings suggest a second
  --     condition); transaction types exist only on the tenant, never on a webhook
  count_if(
    flag(tenants.data, 'eventConfiguration.events."user.registration.update".enabled')
    AND text(tenants.data, 'eventConfiguration.events."user.registration.update".transactionType') <> 'None'
  ) AS webhookUserRegistrationUpdateTransactional,

  -- webhookUserRegistrationVerified: Tenants in whose data eventConfiguration.events the event
  --     user.registration.verified is enabled.
  --   group: webhook | setting: 1.8.0
  --   why: Shows which event types tenants send to webhooks.
  --   ambiguity: alternative reading: webhooks with eventsEnabled true for the event; tenant reading is
  --     supported by the published sample (4-5 ms timings; 42 for events that are old, 40 for newer)
  count_if(flag(tenants.data, 'eventConfiguration.events."user.registration.verified".enabled')) AS webhookUserRegistrationVerified,

  -- webhookUserRegistrationVerifiedTransactional: Tenants in whose data eventConfiguration.events the event
  --     user.registration.verified is enabled with a transactionType
  --     other than None (missing counts as None).
  --   within: webhookUserRegistrationVerified
  --   group: webhook | setting: 1.8.0
  --   why: Shows which event types tenants send, and which hold up a request until a webhook agrees.
  --   ambiguity: whether enabled must also be true is not documented (6-7 ms timings suggest a second
  --     condition); transaction types exist only on the tenant, never on a webhook
  count_if(
    flag(tenants.data, 'eventConfiguration.events."user.registration.verified".enabled')
    AND text(tenants.data, 'eventConfiguration.events."user.registration.verified".transactionType') <> 'None'
  ) AS webhookUserRegistrationVerifiedTransactional,

  -- webhookUserTwoFactorMethodAdd: Tenants in whose data eventConfiguration.events the event
  --     user.two-factor.method.add is enabled.
  --   group: webhook | setting: 1.30.0 | plan: Enterprise (threat detection)
  --   why: Shows which event types tenants send to webhooks.
  --   ambiguity: alternative reading: webhooks with eventsEnabled true for the event; tenant reading is
  --     supported by the published sample (4-5 ms timings; 42 for events that are old, 40 for newer)
  count_if(flag(tenants.data, 'eventConfiguration.events."user.two-factor.method.add".enabled')) AS webhookUserTwoFactorMethodAdd,

  -- webhookUserTwoFactorMethodRemove: Tenants in whose data eventConfiguration.events the event
  --     user.two-factor.method.remove is enabled.
  --   group: webhook | setting: 1.30.0 | plan: Enterprise (threat detection)
  --   why: Shows which event types tenants send to webhooks.
  --   ambiguity: alternative reading: webhooks with eventsEnabled true for the event; tenant reading is
  --     supported by the published sample (4-5 ms timings; 42 for events that are old, 40 for newer)
  count_if(flag(tenants.data, 'eventConfiguration.events."user.two-factor.method.remove".enabled')) AS webhookUserTwoFactorMethodRemove,

  -- webhookUserUpdate: Tenants in whose data eventConfiguration.events the event user.update is enabled.
  --   group: webhook | setting: before 1.7.0
  --   why: Shows which event types tenants send to webhooks.
  --   ambiguity: alternative reading: webhooks with eventsEnabled true for the event; tenant reading is
  --     supported by the published sample (4-5 ms timings; 42 for events that are old, 40 for newer)
  count_if(flag(tenants.data, 'eventConfiguration.events."user.update".enabled')) AS webhookUserUpdate,

  -- webhookUserUpdateComplete: Tenants in whose data eventConfiguration.events the event user.update.complete
  --     is enabled.
  --   group: webhook | setting: 1.30.0
  --   why: Shows which event types tenants send to webhooks.
  --   ambiguity: alternative reading: webhooks with eventsEnabled true for the event; tenant reading is
  --     supported by the published sample (4-5 ms timings; 42 for events that are old, 40 for newer)
  count_if(flag(tenants.data, 'eventConfiguration.events."user.update.complete".enabled')) AS webhookUserUpdateComplete,

  -- webhookUserUpdateTransactional: Tenants in whose data eventConfiguration.events the event user.update is
  --     enabled with a transactionType other than None (missing counts as None).
  --   within: webhookUserUpdate
  --   group: webhook | setting: before 1.7.0
  --   why: Shows which event types tenants send, and which hold up a request until a webhook agrees.
  --   ambiguity: whether enabled must also be true is not documented (6-7 ms timings suggest a second
  --     condition); transaction types exist only on the tenant, never on a webhook
  count_if(
    flag(tenants.data, 'eventConfiguration.events."user.update".enabled')
    AND text(tenants.data, 'eventConfiguration.events."user.update".transactionType') <> 'None'
  ) AS webhookUserUpdateTransactional
FROM tenants
