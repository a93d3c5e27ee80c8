# What is there, read back as another configuration would.

data "aws_iam_user" "alice" {
  user_name = aws_iam_user.alice.name
}

data "aws_iam_role" "deploy" {
  name = aws_iam_role.deploy.name
}

data "aws_iam_policy" "read" {
  arn = aws_iam_policy.read.arn
}

data "aws_iam_group" "auditors" {
  group_name = aws_iam_group.auditors.name
}

data "aws_iam_account_alias" "company" {
  depends_on = [aws_iam_account_alias.company]
}

output "read_back" {
  description = "Unique ids and what else the data sources found."
  value = {
    alias  = data.aws_iam_account_alias.company.account_alias
    alice  = data.aws_iam_user.alice.user_id
    deploy = data.aws_iam_role.deploy.unique_id
    limit  = data.aws_iam_role.deploy.permissions_boundary
    read   = data.aws_iam_policy.read.policy_id
    group  = data.aws_iam_group.auditors.group_id
  }
}
