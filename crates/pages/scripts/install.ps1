# Sets Claude Code up for the gateway @GATEWAY@, and undoes it. Nobody has run this on a Windows machine yet; read it first.
#
#   irm "@GATEWAY@/install.ps1?key=TOKEN" | iex
#   $env:TOLLGATE_UNINSTALL = "1"; irm "@GATEWAY@/install.ps1" | iex
#
# TOKEN is a set-up token, which works once, or a key. Without any, the key is read from TOLLGATE_API_KEY.
# It sets variables of the user and merges ~/.claude/settings.json. What is needed to undo that is kept in ~/.config/tollgate/claude-code.
& {
  $ErrorActionPreference = 'Stop'
  $gateway = '@GATEWAY@'; $baseUrl = '@BASE_URL@'; $accountUrl = '@ACCOUNT_URL@'
  $key = '@KEY@'; $token = '@TOKEN@'; $model = '@MODEL@'
  $names = 'ANTHROPIC_BASE_URL', 'ANTHROPIC_AUTH_TOKEN', 'ANTHROPIC_MODEL', 'ANTHROPIC_DEFAULT_HAIKU_MODEL'
  $folder = Join-Path $HOME '.claude'
  $settings = Join-Path $folder 'settings.json'
  $kept = Join-Path $HOME '.config/tollgate/claude-code'
  # The file as it was and as this left it, and the variables likewise.
  $before = Join-Path $kept 'settings.before.json'
  $after = Join-Path $kept 'settings.after.json'
  $variables = Join-Path $kept 'variables.json'
  # No mark at the beginning of the file, which some readers of JSON do not take.
  $utf8 = New-Object System.Text.UTF8Encoding $false

  function Read-Json($path) {
    $more = @{}
    # Texts that look like dates stay texts, where this PowerShell can be told so.
    if ((Get-Command ConvertFrom-Json).Parameters.ContainsKey('DateKind')) { $more['DateKind'] = 'String' }
    $read = [System.IO.File]::ReadAllText($path, $utf8) | ConvertFrom-Json @more
    if ($null -eq $read) { return [pscustomobject]@{} }
    if ($read -isnot [pscustomobject]) { throw "$path holds no object of JSON; nothing was changed." }
    $read
  }
  function Write-Json($path, $value) {
    [System.IO.File]::WriteAllText($path, ($value | ConvertTo-Json -Depth 100) + "`n", $utf8)
  }
  function Test-Same($one, $other) {
    (Test-Path -LiteralPath $one) -and (Test-Path -LiteralPath $other) -and
      (Get-FileHash -LiteralPath $one).Hash -eq (Get-FileHash -LiteralPath $other).Hash
  }
  # Takes out what this script writes, and nothing else.
  function Remove-Own($all) {
    if ($all.env -is [pscustomobject]) {
      foreach ($name in $names) { $all.env.PSObject.Properties.Remove($name) }
      if (@($all.env.PSObject.Properties).Count -eq 0) { $all.PSObject.Properties.Remove('env') }
    }
    $all.PSObject.Properties.Remove('disableLoginPrompt')
  }
  function Set-Variable-Of-User($name, $value) {
    # An empty text is a value in newer versions; only this one removes the variable in all of them.
    if ($null -eq $value) { $value = [NullString]::Value }
    [Environment]::SetEnvironmentVariable($name, $value, 'User')
  }

  if ($env:TOLLGATE_UNINSTALL) {
    if (-not (Test-Path -LiteralPath $after)) { Write-Output 'Nothing was set up here.'; return }
    if (Test-Same $settings $after) {
      if (Test-Path -LiteralPath $before) { Copy-Item -LiteralPath $before $settings -Force } else { Remove-Item -LiteralPath $settings }
    } elseif (Test-Path -LiteralPath $settings) {
      $all = Read-Json $settings
      Remove-Own $all
      Write-Json $settings $all
    }
    $were = Read-Json $variables
    foreach ($name in $were.PSObject.Properties.Name) {
      # What somebody changed since stays.
      if ([Environment]::GetEnvironmentVariable($name, 'User') -eq $were.$name.after) { Set-Variable-Of-User $name $were.$name.before }
    }
    Remove-Item -LiteralPath $kept -Recurse
    Remove-Item Env:TOLLGATE_UNINSTALL
    Write-Output "$settings and your variables are as they were. The key still works."
    return
  }

  if ($token) {
    $body = @{ token = $token; host = $env:COMPUTERNAME } | ConvertTo-Json
    $key = (Invoke-RestMethod -Method Post -Uri "$gateway/api/device/install" -ContentType 'application/json' -Body $body).access_token
  }
  if (-not $key) { $key = $env:TOLLGATE_API_KEY }
  if (-not $key -or $key -notmatch '^[A-Za-z0-9_-]+$') { throw 'There is no key: set TOLLGATE_API_KEY, or put ?key= behind the address of this script.' }
  Invoke-RestMethod -Uri "$accountUrl/key" -Headers @{ Authorization = "Bearer $key" } | Out-Null
  Write-Output 'The key works.'

  # Read before anything is written: a file that is no JSON stops it here.
  $all = [pscustomobject]@{}
  if (Test-Path -LiteralPath $settings) { $all = Read-Json $settings }
  $were = [pscustomobject]@{}
  if (Test-Path -LiteralPath $variables) { $were = Read-Json $variables }
  New-Item -ItemType Directory -Force $folder, $kept | Out-Null
  if (-not (Test-Path -LiteralPath $after)) {
    if (Test-Path -LiteralPath $settings) { Copy-Item -LiteralPath $settings $before -Force }
  } elseif (-not (Test-Same $settings $after)) {
    # It was changed since it was set up: what goes back then is the file of now without what this wrote.
    Remove-Own $all
    Write-Json $before $all
  }

  $values = [ordered]@{ ANTHROPIC_BASE_URL = $baseUrl; ANTHROPIC_AUTH_TOKEN = $key }
  if ($model) { $values['ANTHROPIC_MODEL'] = $model; $values['ANTHROPIC_DEFAULT_HAIKU_MODEL'] = $model }
  if ($all.env -isnot [pscustomobject]) { $all | Add-Member -NotePropertyName env -NotePropertyValue ([pscustomobject]@{}) -Force }
  foreach ($name in $values.Keys) {
    $all.env | Add-Member -NotePropertyName $name -NotePropertyValue $values[$name] -Force
    $old = [Environment]::GetEnvironmentVariable($name, 'User')
    if ($were.$name) { $old = $were.$name.before }
    $were | Add-Member -NotePropertyName $name -NotePropertyValue ([pscustomobject]@{ before = $old; after = $values[$name] }) -Force
  }
  $all | Add-Member -NotePropertyName disableLoginPrompt -NotePropertyValue $true -Force
  Write-Json $variables $were
  Write-Json $settings $all
  Copy-Item -LiteralPath $settings $after -Force
  foreach ($name in $values.Keys) { Set-Variable-Of-User $name $values[$name] }
  Write-Output "Changed: $settings and the variables $($values.Keys -join ', ') of your user. Open a new terminal and type: claude"
}
