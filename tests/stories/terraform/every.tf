# Every IAM resource of the provider that the example does not have, and every data source.

terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.100"
    }
  }
}

variable "endpoint" {
  type = string
}

provider "aws" {
  region = "us-east-1"

  endpoints {
    iam = var.endpoint
    sts = var.endpoint
  }
}

data "aws_caller_identity" "current" {}

locals {
  account = data.aws_caller_identity.current.account_id
}

data "aws_iam_policy_document" "look" {
  statement {
    actions   = ["iam:Get*", "iam:List*"]
    resources = ["*"]
  }
}

data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "AWS"
      identifiers = [local.account]
    }
  }
}

# The account.

resource "aws_iam_account_password_policy" "strict" {
  minimum_password_length        = 14
  password_reuse_prevention      = 24
  require_lowercase_characters   = true
  require_numbers                = true
  require_symbols                = true
  require_uppercase_characters   = true
  allow_users_to_change_password = true
  max_password_age               = 90
}

resource "aws_iam_account_alias" "every" {
  account_alias = "every-resource"
}

resource "aws_iam_security_token_service_preferences" "second" {
  global_endpoint_token_version = "v2Token"
}

# A person with everything that a person can have.

resource "aws_iam_user" "erin" {
  name = "erin"
  path = "/every/"
}

resource "aws_iam_user_login_profile" "erin" {
  user                    = aws_iam_user.erin.name
  password_length         = 24
  password_reset_required = true
  depends_on              = [aws_iam_account_password_policy.strict]
}

resource "aws_iam_user_ssh_key" "erin" {
  username   = aws_iam_user.erin.name
  encoding   = "SSH"
  public_key = trimspace(file("${path.module}/key.pub"))
}

resource "aws_iam_signing_certificate" "erin" {
  user_name        = aws_iam_user.erin.name
  certificate_body = file("${path.module}/certificate.pem")
}

resource "aws_iam_service_specific_credential" "erin" {
  user_name    = aws_iam_user.erin.name
  service_name = "codecommit.amazonaws.com"
}

resource "aws_iam_virtual_mfa_device" "phone" {
  virtual_mfa_device_name = "phone"
  path                    = "/every/"
  tags                    = { colour = "blue" }
}

resource "aws_iam_user_policy" "erin" {
  name   = "look"
  user   = aws_iam_user.erin.name
  policy = data.aws_iam_policy_document.look.json
}

resource "aws_iam_user_policies_exclusive" "erin" {
  user_name    = aws_iam_user.erin.name
  policy_names = [aws_iam_user_policy.erin.name]
}

resource "aws_iam_user_policy_attachments_exclusive" "erin" {
  user_name   = aws_iam_user.erin.name
  policy_arns = [aws_iam_policy.shared.arn]
  depends_on  = [aws_iam_policy_attachment.shared]
}

# A group and a role, and a policy that all of them hold.

resource "aws_iam_policy" "shared" {
  name        = "shared"
  description = "Held by a user, a group and a role."
  policy      = data.aws_iam_policy_document.look.json
}

resource "aws_iam_policy_attachment" "shared" {
  name       = "shared"
  policy_arn = aws_iam_policy.shared.arn
  users      = [aws_iam_user.erin.name]
  groups     = [aws_iam_group.everyone.name]
  roles      = [aws_iam_role.visitor.name]
}

resource "aws_iam_group" "everyone" {
  name = "everyone-there-is"
}

resource "aws_iam_group_policy" "everyone" {
  name   = "look"
  group  = aws_iam_group.everyone.name
  policy = data.aws_iam_policy_document.look.json
}

resource "aws_iam_group_policies_exclusive" "everyone" {
  group_name   = aws_iam_group.everyone.name
  policy_names = [aws_iam_group_policy.everyone.name]
}

resource "aws_iam_group_policy_attachments_exclusive" "everyone" {
  group_name  = aws_iam_group.everyone.name
  policy_arns = [aws_iam_policy.shared.arn]
  depends_on  = [aws_iam_policy_attachment.shared]
}

resource "aws_iam_role" "visitor" {
  name                 = "visitor"
  assume_role_policy   = data.aws_iam_policy_document.trust.json
  max_session_duration = 7200
  permissions_boundary = "arn:aws:iam::aws:policy/IAMReadOnlyAccess"
}

resource "aws_iam_role_policy" "visitor" {
  name   = "look"
  role   = aws_iam_role.visitor.name
  policy = data.aws_iam_policy_document.look.json
}

resource "aws_iam_role_policies_exclusive" "visitor" {
  role_name    = aws_iam_role.visitor.name
  policy_names = [aws_iam_role_policy.visitor.name]
}

resource "aws_iam_role_policy_attachments_exclusive" "visitor" {
  role_name   = aws_iam_role.visitor.name
  policy_arns = [aws_iam_policy.shared.arn]
  depends_on  = [aws_iam_policy_attachment.shared]
}

resource "aws_iam_instance_profile" "visitor" {
  name = "visitor"
  role = aws_iam_role.visitor.name
}

resource "aws_iam_service_linked_role" "scaling" {
  aws_service_name = "autoscaling.amazonaws.com"
  custom_suffix    = "every"
  description      = "Scales what there is."
}

# Providers and certificates.

resource "aws_iam_server_certificate" "server" {
  name             = "server"
  path             = "/every/"
  certificate_body = file("${path.module}/certificate.pem")
  private_key      = file("${path.module}/key.pem")
}

resource "aws_iam_saml_provider" "company" {
  name                   = "company"
  saml_metadata_document = file("${path.module}/metadata.xml")
}

resource "aws_iam_openid_connect_provider" "builds" {
  url             = "https://builds.example.com"
  client_id_list  = ["sts.amazonaws.com"]
  thumbprint_list = ["cf23df2207d99a74fbe169e3eba035e633b65d94"]
}

# What the data sources say.

data "aws_iam_account_alias" "current" {
  depends_on = [aws_iam_account_alias.every]
}

data "aws_iam_user" "erin" {
  user_name = aws_iam_user.erin.name
}

data "aws_iam_users" "every" {
  path_prefix = "/every/"
  depends_on  = [aws_iam_user.erin]
}

data "aws_iam_access_keys" "erin" {
  user = aws_iam_user.erin.name
}

data "aws_iam_user_ssh_key" "erin" {
  username          = aws_iam_user.erin.name
  ssh_public_key_id = aws_iam_user_ssh_key.erin.ssh_public_key_id
  encoding          = "SSH"
}

data "aws_iam_group" "everyone" {
  group_name = aws_iam_group.everyone.name
}

data "aws_iam_role" "visitor" {
  name = aws_iam_role.visitor.name
}

data "aws_iam_roles" "visitors" {
  name_regex = "^visit"
  depends_on = [aws_iam_role.visitor]
}

data "aws_iam_policy" "shared" {
  arn = aws_iam_policy.shared.arn
}

data "aws_iam_instance_profile" "visitor" {
  name = aws_iam_instance_profile.visitor.name
}

data "aws_iam_instance_profiles" "visitor" {
  role_name  = aws_iam_role.visitor.name
  depends_on = [aws_iam_instance_profile.visitor]
}

data "aws_iam_server_certificate" "server" {
  name = aws_iam_server_certificate.server.name
}

data "aws_iam_saml_provider" "company" {
  arn = aws_iam_saml_provider.company.arn
}

data "aws_iam_openid_connect_provider" "builds" {
  arn = aws_iam_openid_connect_provider.builds.arn
}

data "aws_iam_session_context" "current" {
  arn = data.aws_caller_identity.current.arn
}

data "aws_iam_principal_policy_simulation" "erin" {
  action_names      = ["iam:GetUser", "iam:DeleteUser"]
  policy_source_arn = aws_iam_user.erin.arn
  resource_arns     = [aws_iam_user.erin.arn]
  depends_on        = [aws_iam_user_policy.erin]
}

output "simulated" {
  value = { for result in data.aws_iam_principal_policy_simulation.erin.results : result.action_name => result.decision }
}

output "found" {
  value = {
    users    = data.aws_iam_users.every.names
    roles    = data.aws_iam_roles.visitors.names
    profiles = data.aws_iam_instance_profiles.visitor.names
    issuer   = data.aws_iam_session_context.current.issuer_arn
    boundary = data.aws_iam_role.visitor.permissions_boundary
  }
}
