package schedule_test

import (
	"fmt"
	"time"

	"github.com/serverless-shop/serverless-shop/components/schedule"
)

func ExampleParse() {
	workdays, err := schedule.Parse("cron(0 9 ? * MON-FRI *)")
	if err != nil {
		fmt.Println(err)
		return
	}
	friday := time.Date(2024, 5, 17, 12, 0, 0, 0, time.UTC)
	for _, run := range workdays.Next(friday, 2, time.UTC) {
		fmt.Println(run)
	}
	_, err = schedule.Parse("cron(0 25 * * ? *)")
	fmt.Println(err)
	// Output:
	// 2024-05-20 09:00:00 +0000 UTC
	// 2024-05-21 09:00:00 +0000 UTC
	// schedule expression "cron(0 25 * * ? *)": hours = "25", want 0–23, such as 9, 8-18 or */6
}
