# Sets Claude Code up for the gateway @GATEWAY@, and undoes it. Nobody has run this on a Windows machine yet; read it first.
#
#   irm "@GATEWAY@/install.ps1?key=TOKEN" | iex
#   $env:TOLLGATE_UNINSTALL = "1"; irm "@GATEWAY@/install.ps1" | iex
#
# TOKEN is a set-up token, which works once, or a key. Without any, the key is read from TOLLGATE_API_KEY.
# It sets variables of the user and merges ~/.claude/settings.json, of which it keeps a copy.
& {
  $ErrorActionPreference = 'Stop'
  $gateway = '@GATEWAY@'; $baseUrl = '@BASE_URL@'; $accountUrl = '@ACCOUNT_URL@'
  $key = '@KEY@'; $token = '@TOKEN@'; $model = '@MODEL@'
  $folder = Join-Path $HOME '.claude'
  $settings = Join-Path $folder 'settings.json'
  $before = Join-Path $folder 'settings.before-tollgate.json'
  $names = 'ANTHROPIC_BASE_URL', 'ANTHROPIC_AUTH_TOKEN', 'ANTHROPIC_MODEL', 'ANTHROPIC_DEFAULT_HAIKU_MODEL'

  if ($env:TOLLGATE_UNINSTALL) {
    foreach ($name in $names) { [Environment]::SetEnvironmentVariable($name, $null, 'User') }
    if (Test-Path $settings) {
      $all = Get-Content -Raw $settings | ConvertFrom-Json
      foreach ($name in $names) { if ($all.env) { $all.env.PSObject.Properties.Remove($name) } }
      $all.PSObject.Properties.Remove('disableLoginPrompt')
      $all | ConvertTo-Json -Depth 100 | Set-Content -Encoding utf8 $settings
    }
    Write-Output "Taken out of $settings and of your variables. As it was before: $before. The key still works."
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

  $values = [ordered]@{ ANTHROPIC_BASE_URL = $baseUrl; ANTHROPIC_AUTH_TOKEN = $key }
  if ($model) { $values['ANTHROPIC_MODEL'] = $model; $values['ANTHROPIC_DEFAULT_HAIKU_MODEL'] = $model }
  New-Item -ItemType Directory -Force $folder | Out-Null
  $all = [pscustomobject]@{}
  if (Test-Path $settings) {
    if (-not (Test-Path $before)) { Copy-Item $settings $before }
    $all = Get-Content -Raw $settings | ConvertFrom-Json
  }
  if (-not $all.env) { $all | Add-Member -Force env ([pscustomobject]@{}) }
  foreach ($name in $values.Keys) {
    $all.env | Add-Member -Force $name $values[$name]
    [Environment]::SetEnvironmentVariable($name, $values[$name], 'User')
  }
  $all | Add-Member -Force disableLoginPrompt $true
  $all | ConvertTo-Json -Depth 100 | Set-Content -Encoding utf8 $settings
  Write-Output "Changed: $settings and the variables $($values.Keys -join ', ') of your user. Open a new terminal and type: claude"
}
