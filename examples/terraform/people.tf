# People: users in groups, and what they may do.

data "aws_iam_policy_document" "read" {
  statement {
    sid       = "Read"
    actions   = var.readable
    resources = ["*"]
  }

  statement {
    sid       = "OwnKeys"
    actions   = ["iam:*AccessKey*"]
    resources = ["${local.account}:user/staff/$${aws:username}"]

    condition {
      test     = "StringEquals"
      variable = "aws:PrincipalTag/desk"
      values   = ["yes"]
    }
  }
}

resource "aws_iam_policy" "read" {
  name        = "read"
  path        = "/staff/"
  description = "What developers may read."
  policy      = data.aws_iam_policy_document.read.json
}

# Nobody here may ever do more than this, whoever permits it.
resource "aws_iam_policy" "limit" {
  name = "limit"
  path = "/staff/"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = ["iam:*", "sts:*"], Resource = "*" },
      { Effect = "Deny", Action = ["iam:Put*Boundary", "iam:Delete*Boundary"], Resource = "*" },
    ]
  })
}

resource "aws_iam_user" "alice" {
  name                 = "alice"
  path                 = "/staff/"
  permissions_boundary = aws_iam_policy.limit.arn

  tags = {
    desk = "yes"
  }
}

resource "aws_iam_user" "bob" {
  name = "bob"
  path = "/staff/"
}

resource "aws_iam_access_key" "alice" {
  user = aws_iam_user.alice.name
}

resource "aws_iam_access_key" "bob" {
  user   = aws_iam_user.bob.name
  status = "Inactive"
}

resource "aws_iam_group" "developers" {
  name = "developers"
  path = "/staff/"
}

resource "aws_iam_group" "auditors" {
  name = "auditors"
}

resource "aws_iam_group_membership" "developers" {
  name  = "developers"
  group = aws_iam_group.developers.name
  users = [aws_iam_user.alice.name, aws_iam_user.bob.name]
}

resource "aws_iam_user_group_membership" "bob" {
  user   = aws_iam_user.bob.name
  groups = [aws_iam_group.auditors.name]
}

resource "aws_iam_group_policy_attachment" "developers" {
  group      = aws_iam_group.developers.name
  policy_arn = aws_iam_policy.read.arn
}

resource "aws_iam_group_policy" "auditors" {
  name  = "summary"
  group = aws_iam_group.auditors.name
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "iam:GetAccountSummary", Resource = "*" }]
  })
}

resource "aws_iam_user_policy_attachment" "bob" {
  user       = aws_iam_user.bob.name
  policy_arn = "arn:${data.aws_partition.current.partition}:iam::aws:policy/IAMReadOnlyAccess"
}

resource "aws_iam_user_policy" "alice" {
  name = "visit"
  user = aws_iam_user.alice.name
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Resource = aws_iam_role.deploy.arn }]
  })
}

output "alice" {
  description = "alice's access key."
  value = {
    AccessKeyId     = aws_iam_access_key.alice.id
    SecretAccessKey = aws_iam_access_key.alice.secret
  }
  sensitive = true
}
