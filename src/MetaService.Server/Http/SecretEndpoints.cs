using MetaService.Domain.Secrets;
using MetaService.Records.Own;

namespace MetaService.Server.Http;

/// <summary>Endpoints for operators on the keys that ak and sk are sealed with.</summary>
public static class SecretEndpoints
{
    public static void Map(HttpApi api, SecretRotation rotation)
    {
        api.Group = "Keys";
        api.Change<RotateSecretsRequest, RotateSecretsResponse>(
            "rotate_secrets", "Seals ak and sk anew with the current key, page by page.", rotation.RotateAsync);
    }
}
